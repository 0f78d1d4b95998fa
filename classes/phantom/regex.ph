// Patterns for text. A search takes time in proportion to the text and the pattern, whatever they are.
//
//   abc            these characters         a|b         one or the other
//   .              any but a line end       (a) (?:a)   a group; one that is not numbered
//   [a-z_] [^0-9]  one of these; none       (?<name>a)  a group with a name
//   \d \w \s       a digit, a letter or     a* a+ a?    as many as there are; at least one; one or none
//   \D \W \S       the like, a space; not   a{2} a{2,5} so many; a{2,} at least
//   ^ $            begin and end of text    a*? a+? ... as few as possible
//   \b \B          a word begins or ends    \. \n \x41 \u20ac   what is not meant as above
//
// Flags: i makes capitals and small letters the same, m lets ^ and $ stand at each line, s lets . be a line end.
// In what replaces, $1 and ${name} are groups, $0 is all, $$ is the sign itself.
//
// How: the pattern becomes a program (.phantom.regex.compiler), whose threads all walk over the text at once, in
// order of preference; each instruction has one thread at most (.phantom.regex.machine).

package .phantom;

import .internal.container.array;
import .phantom.text.builder;

class regex {
    private string source;
    private regex.program program;

    // A pattern; an argument error that names the place if it is none.
    void regex(string pattern) {
        source = pattern;
        program = new regex.compiler(pattern, "").compile();
    }

    // A pattern with flags, some of "ims".
    void regex(string pattern, string flags) {
        source = pattern;
        program = new regex.compiler(pattern, flags).compile();
    }

    // The pattern.
    string pattern() {
        return source;
    }

    // Does all of the text match?
    boolean matches(string text) {
        return match(text) != null;
    }

    // The match of all of the text, or null.
    regex_match match(string text) {
        return new regex.machine(program, text).search(0, true);
    }

    // Does the text match anywhere?
    boolean isIn(string text) {
        return find(text, 0) != null;
    }

    // The first match in the text, or null.
    regex_match find(string text) {
        return find(text, 0);
    }

    // The first match at or behind `from`, or null.
    regex_match find(string text, int from) {
        if (from < 0 || from > text.length())
            throw new .internal.error.bounds("search from \{from} in a text of \{text.length()}");
        return new regex.machine(program, text).search(from, false);
    }

    // All matches, side by side.
    array findAll(string text) {
        return findSome(text, .internal.int.MAX);
    }

    // The text with something else in place of each match: a text with $1 and the like, or what a function
    // makes of the match.
    string replace(string text, any with) {
        return put(text, findAll(text), with);
    }

    // The same for the first match only.
    string replaceFirst(string text, any with) {
        return put(text, findSome(text, 1), with);
    }

    // The parts of the text between matches. Matches of nothing separate nothing.
    string[] split(string text) {
        string[] parts = [];
        int from = 0;
        foreach (match in findAll(text)) {
            regex_match found = match;
            if (found.end() > found.start()) {
                parts.add(text.substring(from, found.start() - from));
                from = found.end();
            }
        }
        parts.add(text.substring(from));
        return parts;
    }

    // A pattern that matches exactly this text.
    static string escape(string text) {
        builder out = new builder();
        foreach (c in text) {
            if ("\\^$.|?*+()[]{}".indexOfChar(c) >= 0)
                out.addChar('\\');
            out.addChar(c);
        }
        return out.toString();
    }

    string toString() [5] {
        return "/\{source}/";
    }

    private array findSome(string text, int most) {
        regex.machine machine = new regex.machine(program, text);
        array found = new array();
        int from = 0;
        while (found.size() < most && from <= text.length()) {
            regex_match match = machine.search(from, false);
            if (match == null)
                break;
            found.add(match);
            from = match.end();
            if (match.end() == match.start())
                from++;
        }
        return found;
    }

    private static string put(string text, array matches, any with) {
        builder out = new builder();
        int from = 0;
        foreach (found in matches) {
            regex_match match = found;
            out.add(text.substring(from, match.start() - from));
            if (with instanceof .internal.function)
                out.addAny(with.call(match));
            else
                fillIn(out, match, with);
            from = match.end();
        }
        return out.add(text.substring(from)).toString();
    }

    // `with` with the groups of a match in place of $1 and the like.
    private static void fillIn(builder out, regex_match match, string with) {
        int from = 0;
        for (int at = with.indexOfChar('$'); at >= 0; at = with.indexOfChar('$', from)) {
            char next = at + 1 < with.length() ? with.charAt(at + 1) : ' ';
            out.add(with.substring(from, at - from));
            from = at + 2;
            if (next == '$') {
                out.addChar('$');
            } else if (next.isDigit()) {
                while (from < with.length() && from < at + 3 && with.charAt(from).isDigit() &&
                    with.slice(at + 1, from + 1).toInt() <= match.groupCount())
                    from++;
                addGroup(out, match.group(with.slice(at + 1, from).toInt()));
            } else if (next == '{' && with.indexOfChar('}', from) > 0) {
                int end = with.indexOfChar('}', from);
                addGroup(out, match.group(with.slice(from, end)));
                from = end + 1;
            } else {
                throw new .internal.error.argument("replace: $ at \{at} should be $1, ${name} or $$");
            }
        }
        out.add(with.substring(from));
    }

    private static void addGroup(builder out, string group) {
        if (group != null)
            out.add(group);
    }
}
