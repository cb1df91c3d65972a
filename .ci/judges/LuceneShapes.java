import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.index.Term;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.*;

/** Reads query text, one a line, with Lucene's own classic parser and prints what it became, as JSON. */
final class LuceneShapes {
    public static void main(String[] args) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                var parser = new QueryParser("", new StandardAnalyzer(CharArraySet.EMPTY_SET));
                out.println(shape(parser.parse(line)));
            } catch (Exception error) {
                out.println("{\"error\":" + quote(String.valueOf(error.getMessage())) + "}");
            }
        }
        out.flush();
    }

    private static String shape(Query query) {
        if (query instanceof BooleanQuery) return group((BooleanQuery) query);
        if (query instanceof MatchAllDocsQuery) return "{\"and\":[]}";
        if (query instanceof PhraseQuery) {
            var phrase = (PhraseQuery) query;
            var words = new ArrayList<String>();
            for (Term term : phrase.getTerms()) words.add(term.text());
            return atom(phrase.getTerms()[0].field(), "phrase", String.join(" ", words), phrase.getSlop());
        }
        if (query instanceof TermQuery) return atom(((TermQuery) query).getTerm(), "term", 0);
        if (query instanceof PrefixQuery) return atom(((PrefixQuery) query).getPrefix(), "prefix", 0);
        if (query instanceof WildcardQuery) return atom(((WildcardQuery) query).getTerm(), "wildcard", 0);
        if (query instanceof FuzzyQuery) {
            var fuzzy = (FuzzyQuery) query;
            return atom(fuzzy.getTerm(), "fuzzy", fuzzy.getMaxEdits());
        }
        if (query instanceof RegexpQuery) {
            String text = query.toString(((RegexpQuery) query).getField());
            return atom(((RegexpQuery) query).getField(), "regexp", text.substring(1, text.length() - 1), 0);
        }
        throw new IllegalStateException("no shape for " + query.getClass());
    }

    /** What a list of clauses means for membership. */
    private static String group(BooleanQuery query) {
        List<String> all = new ArrayList<>();
        List<String> any = new ArrayList<>();
        boolean required = false;
        for (BooleanClause clause : query) {
            String inner = shape(clause.getQuery());
            if (clause.isProhibited()) all.add("{\"not\":" + inner + "}");
            else if (clause.isRequired()) { all.add(inner); required = true; }
            else any.add(inner);
        }
        if (!required) all.add("{\"or\":[" + String.join(",", any) + "]}");
        return "{\"and\":[" + String.join(",", all) + "]}";
    }

    private static String atom(Term term, String kind, int number) {
        return atom(term.field(), kind, term.text(), number);
    }

    private static String atom(String field, String kind, String text, int number) {
        return "{\"is\":[" + quote(field) + "," + quote(kind) + "," + quote(text) + "," + number + "]}";
    }

    private static String quote(String text) {
        var out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < 0x20) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }
}
