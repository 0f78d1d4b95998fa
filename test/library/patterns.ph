// patterns.ph - regular expressions: what matches where, what is made of it, and what is refused.

import .support.check;

// The first match of a pattern and its groups, such as "2-5 ab a null"; "none".
string first(string pattern, string flags, string text) {
    any match = new regex(pattern, flags).find(text);
    if (match == null)
        return "none";
    return "\{match.start()}-\{match.end()} " + " ".join(match.groups());
}

void sees(string pattern, string text, string wanted) {
    check.same(first(pattern, "", text), wanted, "/\{pattern}/ in \{text}");
}

void matching() {
    sees("abc", "xabcx", "1-4 abc");
    sees("", "abc", "0-0 ");
    sees("a.c", "a\nc abc", "4-7 abc");
    sees("a|b|cd", "xcd", "1-3 cd");
    sees("a|ab", "ab", "0-1 a");
    sees("(a|ab)(c|bcd)", "abcd", "0-4 abcd a bcd");
    sees("a*", "baaa", "0-0 ");
    sees("a+", "baaa", "1-4 aaa");
    sees("a+?", "baaa", "1-2 a");
    sees("<.+?>", "<a><b>", "0-3 <a>");
    sees("<.+>", "<a><b>", "0-6 <a><b>");
    sees("colou?r", "color", "0-5 color");
    sees("a??b", "ab", "0-2 ab");
    sees("a{2}", "aaaa", "0-2 aa");
    sees("a{2,3}", "aaaa", "0-3 aaa");
    sees("a{2,}", "aaaa", "0-4 aaaa");
    sees("a{2,3}?", "aaaa", "0-2 aa");
    sees("a{0}b", "ab", "1-2 b");
    sees("(ab){2}", "ababab", "0-4 abab ab");
    sees("x{a}", "x{a}", "0-4 x{a}");
    sees("(a*)*", "aaab", "0-3 aaa aaa");
    sees("(a|b)*c", "ababc", "0-5 ababc b");
    sees("(?:a|b)+", "cab", "1-3 ab");
    sees("(a)|b", "b", "0-1 b null");
    sees("(?<year>\\d{4})-(?<month>\\d\\d)", "on 2024-05", "3-10 2024-05 2024 05");
    sees("[a-c]+", "xxabcd", "2-5 abc");
    sees("[^a-c]+", "abxyc", "2-4 xy");
    sees("[]x]+", "a]x]", "1-4 ]x]");
    sees("[a-]+", "b-a-", "1-4 -a-");
    sees("[\\d.]+", "v1.25", "1-5 1.25");
    sees("\\d+\\s\\w+", "no 12 abc_9!", "3-11 12 abc_9");
    sees("\\D+", "12ab", "2-4 ab");
    sees("[\\W]+", "ab, c", "2-4 , ");
    sees("\\S+", "  ab", "2-4 ab");
    sees("^ab", "ab", "0-2 ab");
    sees("^b", "ab", "none");
    sees("b$", "ab", "1-2 b");
    sees("^$", "", "0-0 ");
    sees("\\bfoo\\b", "food foo", "5-8 foo");
    sees("\\Boo", "foo oo", "1-3 oo");
    sees("\\x41\\u0042\\t\\.", "AB\t.", "0-4 AB\t.");
    sees("\\(\\[\\{\\\\", "([{\\", "0-4 ([{\\");
    sees("\\w+", "häßlich", "0-7 häßlich");
    sees("[α-ω]+", "abγδ", "2-4 γδ");
    sees(".", "😀", "0-2 😀");
    sees("^.$", "😀", "0-2 😀");
    sees("^..$", "😀", "none");
    sees("😀+", "a😀😀", "1-5 😀😀");
    sees("[😀-😂]", "x😁", "1-3 😁");
    sees("[^a]", "😀", "0-2 😀");
    sees("x*y", "xxxxz", "none");
    check.part("matching");
}

void flags() {
    check.same(first("hello", "i", "HeLLo"), "0-5 HeLLo", "i");
    check.same(first("[a-c]+", "i", "xABC"), "1-4 ABC", "i in a set");
    check.same(first("ärger", "i", "ÄRGER"), "0-5 ÄRGER", "i beyond ASCII");
    check.same(first("[^a]", "i", "Ab"), "1-2 b", "i in what is not");
    check.same(first("^b$", "m", "a\nb\nc"), "2-3 b", "m");
    check.same(first("a.b", "s", "a\nb"), "0-3 a\nb", "s");
    check.same(first("^A.B$", "ims", "x\na\nb\n"), "2-5 a\nb", "all of them");
    check.part("flags");
}

void using() {
    regex word = new regex("(\\w)(\\w*)");
    check.same(word.find("ab").groupCount(), 2, "groupCount");
    check.same(new regex("(?:a)(?<x>b)").find("ab").groupCount(), 1, "groupCount, only those with a number");
    check.good(word.find("ab") instanceof regex_match, "a regex_match");
    check.same(word.findAll("ab c, def").toString(), "[ab, c, def]", "findAll");
    check.same(new regex("a*").findAll("baac").toString(), "[, aa, , ]", "findAll of nothing");
    check.same(word.matches("abc"), true, "matches");
    check.same(word.matches("abc "), false, "matches all or nothing");
    check.same(new regex("a|ab").matches("ab"), true, "the less preferred way, if it must be");
    check.same(word.match("xyz").group(2), "yz", "match");
    check.same(word.isIn(" , "), false, "isIn");
    check.same(word.find("ab cd", 2).text(), "cd", "find from");
    check.same(word.find("ab cd").end(2), 2, "end of a group");
    check.same(word.find("ab cd", 2).start(1), 3, "start of a group");
    check.same(new regex("(a)|b").find("b").start(1), -1, "of a group that took no part");
    check.same(word.replace("ab c", "$2$1ay"), "baay cay", "replace by groups");
    check.same(word.replace("ab c", "<$0>$$"), "<ab>$ <c>$", "replace by all");
    check.same(new regex("(?<k>\\w+)=(?<v>\\w+)").replace("a=1 b=2", "${v}:${k}"), "1:a 2:b", "replace by names");
    check.same(new regex("\\d+").replace("1 22", fun (m) { return m.text().toInt() * 2; }), "2 44", "replace by a function");
    check.same(word.replaceFirst("ab c", "x"), "x c", "replaceFirst");
    check.same(new regex("(a)|b").replace("ab", "[$1]"), "[a][]", "a group that took no part");
    check.same(new regex("x*").replace("ab", "-"), "-a-b-", "replace nothing");
    check.same(new regex("\\s*,\\s*").split("a , b,c"), ["a", "b", "c"], "split");
    check.same(new regex(",").split(""), [""], "split of nothing");
    check.same(new regex("x*").split("axb"), ["a", "b"], "split where it matches nothing too");
    check.same(regex.escape("a.b*[c]{2}"), "a\\.b\\*\\[c\\]\\{2\\}", "escape");
    check.same(new regex(regex.escape("1+1=2?")).matches("1+1=2?"), true, "and it matches the text");
    check.same(new regex("a").pattern(), "a", "pattern");
    string bad = "a".repeat(500) + "b";
    check.same(new regex("(a+)+$").isIn(bad), false, "no time is lost where others lose it");
    check.same(new regex("(?:a?){50}a{50}").matches("a".repeat(50)), true, "nor here");
    check.part("using");
}

void refuses(string pattern, string what) {
    check.fails("regex: \{what} of /\{pattern}/", fun () { return new regex(pattern); });
}

void mistakes() {
    refuses("a(b", "`(` without `)`, at 1");
    refuses("a)b", "`)` without `(`, at 1");
    refuses("[a", "`[` without `]`, at 0");
    refuses("[]", "`[` without `]`, at 0");
    refuses("*a", "there is nothing to repeat, at 0");
    refuses("a|*", "there is nothing to repeat, at 2");
    refuses("a**", "there is nothing to repeat, at 2");
    refuses("^*", "there is nothing to repeat, at 1");
    refuses("a\\", "`\\` at the end, at 1");
    refuses("[\\", "`\\` at the end, at 1");
    refuses("\\y", "there is no escape \\y, at 0");
    refuses("\\1", "there is no escape \\1, at 0");
    refuses("\\x4", "2 hexadecimal digits should be here, at 0");
    refuses("[z-a]", "a range that falls, at 1");
    refuses("a{3,2}", "a count from 3 to 2, at 1");
    refuses("a{1001}", "a count above 1000, at 2");
    refuses("a{1", "a count should end in `}`, at 1");
    refuses("a{1,x}", "a number should be here, at 4");
    refuses("(?=a)", "a group begins with `(`, `(?:` or `(?<name>`, at 0");
    refuses("(?<n>a)(?<n>b)", "there are two groups called n, at 10");
    refuses("(?<n a)", "a group's name should end in `>`, at 3");
    refuses("(".repeat(300), "groups are too deep in each other, at 200");
    refuses("()".repeat(201), "more than 200 groups that are numbered, at 400");
    check.same(new regex("()".repeat(200)).matches(""), true, "as many groups as can be");
    check.fails("regex: the pattern is too large: /((a{100}){100}){100}/", fun () { return new regex("((a{100}){100}){100}"); });
    check.fails("regex: there is no flag x, only i, m and s", fun () { return new regex("a", "x"); });
    check.fails("search from 4 in a text of 3", fun () { return new regex("a").find("abc", 4); });
    check.fails("regex: group 1 of 0", fun () { return new regex("a").find("a").group(1); });
    check.fails("regex: there is no group called x", fun () { return new regex("a").find("a").group("x"); });
    check.fails("regex: group 2 of 0", fun () { return new regex("a").replace("a", "$2"); });
    check.fails("replace: $ at 1 should be $1, ${name} or $$", fun () { return new regex("a").replace("a", "x$"); });
    check.part("mistakes");
}

matching();
flags();
using();
mistakes();
