//! Files to the raw messages in them.
