//! Message to index: schema, writer, book-keeping.
