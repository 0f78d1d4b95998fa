// strings.ph - the class string, short and very long: long work goes in pieces, and must come out the same.

int checks = 0;

void check(boolean good, string what) {
    checks++;
    if (!good)
        println("WRONG: \{what}");
}

void same(any got, any wanted, string what) {
    checks++;
    if (got != wanted)
        println("WRONG: \{what}: \{got}, not \{wanted}");
}

void fails(string what, any action) {
    checks++;
    try {
        any got = action();
        println("WRONG: \{what} gave \{got}");
    } catch (.internal.error e) {
    }
}

void short() {
    string s = "Hello, world";
    same(s.length(), 12, "length");
    same(s.substring(7, 5), "world", "substring");
    same(s.substring(7), "world", "substring to the end");
    same(s.substring(0, 0), "", "empty substring");
    same(s.charAt(4), 'o', "charAt");
    same(s.concat("!"), "Hello, world!", "concat");
    same(s.indexOf("o"), 4, "indexOf");
    same(s.indexOf("o", 5), 8, "indexOf from");
    same(s.indexOf("x"), -1, "indexOf nothing");
    same(s.indexOf(""), 0, "indexOf empty");
    same(s.strstr("wor"), 7, "strstr");
    same(s.lastIndexOf("o"), 8, "lastIndexOf");
    same(s.lastIndexOf("zz"), -1, "lastIndexOf nothing");
    same(s.indexOfChar(','), 5, "indexOfChar");
    check(s.startsWith("Hell"), "startsWith");
    check(!s.startsWith("hell"), "startsWith case");
    check(s.endsWith("world"), "endsWith");
    check(!"ld".endsWith("world"), "endsWith of a shorter one");
    check(s.contains("lo, w"), "contains");
    same(s.toUpper(), "HELLO, WORLD", "toUpper");
    same(s.toLower(), "hello, world", "toLower");
    same("ÄÖÜß÷ÿ".toLower(), "äöüß÷ÿ", "toLower of Latin-1");
    same("äöüß÷ÿµ".toUpper(), "ÄÖÜß÷ŸΜ", "toUpper of Latin-1");
    same("  a b \t\r\n".trim(), "a b", "trim");
    same("   ".trim(), "", "trim of spaces");
    same("a,b,,c".split(","), ["a", "b", "", "c"], "split");
    same("".split(","), [""], "split of nothing");
    same("a--b--".split("--"), ["a", "b", ""], "split by two");
    same(" the  quick\tfox ".words(), ["the", "quick", "fox"], "words");
    same("".words(), [], "words of nothing");
    same("aXbXc".replace("X", "--"), "a--b--c", "replace");
    same("abc".replace("x", "y"), "abc", "replace nothing");
    same("ab".repeat(3), "ababab", "repeat");
    same("ab".repeat(0), "", "repeat 0");
    same("7".padLeft(3), "  7", "padLeft");
    same("7".padRight(3) + "|", "7  |", "padRight");
    same("1234".padLeft(3), "1234", "padLeft of a long one");
    same(", ".join([1, "two", null, 3.5]), "1, two, null, 3.5", "join");
    check("abc".compareTo("abd") < 0, "compareTo less");
    check("abc".compareTo("ab") > 0, "compareTo longer");
    same("abc".compareTo("abc"), 0, "compareTo same");
    check("Zebra" < "apple", "operator <");
    check("b" >= "ab", "operator >=");
    check("abc" == "ab" + "c", "== by contents");
    check("abc" != "abd", "!=");
    same("abc".hashCode(), 96354, "hashCode");
    same("".hashCode(), 0, "hashCode of nothing");
    same("42".toInt(), 42, "toInt");
    same(" -17 ".toInt(), -17, "toInt with spaces");
    same("9000000000".toLong(), 9000000000L, "toLong");
    same("2.5e3".toDouble(), 2500.0, "toDouble");
    same("a\{1 + 1}b\{"c"}", "a2bc", "interpolation");
    same("null is \{null}", "null is null", "interpolation of null");
    fails("charAt behind the end", fun () { return "abc".charAt(3); });
    fails("charAt below 0", fun () { return "abc".charAt(-1); });
    fails("substring behind the end", fun () { return "abc".substring(2, 2); });
    fails("substring of a negative length", fun () { return "abc".substring(2, -1); });
    fails("toInt of text", fun () { return "4x".toInt(); });
    fails("toInt of nothing", fun () { return "".toInt(); });
    fails("toInt of too much", fun () { return "2147483648".toInt(); });
    fails("toDouble of text", fun () { return "1,5".toDouble(); });
    same("-2147483648".toInt(), -2147483647 - 1, "the least int");
}

void wide() {
    string s = "αβγ€😀z";
    same(s.length(), 7, "units");
    same(s.codePointAt(4), 0x1f600, "a pair");
    same(s.codePointAt(5), 0xde00, "half a pair");
    same(s.substring(6, 1), "z", "a narrow part of a wide string");
    same(s.substring(6, 1).hashCode(), "z".hashCode(), "and its hash");
    same(.internal.string.fromCodePoint(0x1f600), "😀", "fromCodePoint");
    same(s.indexOf("€"), 3, "indexOf in a wide string");
    same("a€".concat("b"), "a€b", "concat of wide and narrow");
    any bytes = "aé€😀".toUtf8();
    same(bytes.size(), 10, "bytes of UTF-8");
    same(bytes.get(1), 0xc3, "the first of é");
    same(bytes.toText(0, 10), "aé€😀", "and back");
    bytes.set(3, 0x41);
    same(bytes.toText(0, 10), "aéA\uFFFD\uFFFD😀", "bad bytes");
}

void long() {
    string narrow = "0123456789".repeat(5000);
    string wider = narrow + "€" + narrow;
    same(narrow.length(), 50000, "a long one");
    same(wider.length(), 100001, "a long wide one");
    same(narrow.substring(1, 49998).length(), 49998, "a long part");
    check(narrow.substring(10, 49980) == "0123456789".repeat(4998), "a long part's contents");
    check(wider.substring(50001) == narrow, "a long narrow part of a wide one");
    same(wider.substring(40000, 20000).indexOf("€"), 10000, "a long wide part");
    same(wider.indexOf("€"), 50000, "a long search");
    same(wider.indexOf("€0", 50001), -1, "a long search for nothing");
    same(narrow.indexOf(narrow.substring(1, 40000)), 1, "a long search for a long one");
    same(narrow.indexOf(narrow.substring(1, 40000) + "x"), -1, "and in vain");
    check(narrow.concat(narrow) == "0123456789".repeat(10000), "a long concat");
    check(narrow + "1" > narrow + "0", "a long comparison");
    check(narrow + "1" != narrow + "0", "long ones that differ at the end");
    check(wider.startsWith(narrow), "a long startsWith");
    check(wider.endsWith(narrow), "a long endsWith");
    same((narrow + "abc").toUpper().substring(49998, 5), "89ABC", "a long toUpper");
    same(wider.toUpper().hashCode(), wider.hashCode(), "a long hash");
    any bytes = wider.toUtf8();
    same(bytes.size(), 100003, "long bytes");
    check(bytes.toText(0, bytes.size()) == wider, "long bytes back to text");
    check(bytes.toText(0, 50000) == narrow, "long bytes to narrow text");
    same((narrow + " " + narrow).split(" ").size(), 2, "a long split");
    check(narrow.replace("5", "five").length() == 65000, "a long replace");

    .phantom.text.builder text = new .phantom.text.builder();
    for (int i = 0; i < 30000; i++)
        text.addChar((char) ('a' + i % 26));
    same(text.length(), 30000, "a builder's length");
    check(text.toString().substring(29978) == "abcdefghijklmnopqrstuv", "a builder's text");
    text.add("€");
    same(text.toString().indexOf("€"), 30000, "a builder's wide text");
    text.cut(2);
    same(text.toString(), "ab", "a builder that was cut");
    text.clear();
    same(text.toString(), "", "a builder that was cleared");
}

// Longer than what is written between two safepoints, and than what is credit for.
void huge() {
    string s = "0123456789";
    while (s.length() < 5000000)
        s = s + s;
    string t = "<" + s + 7 + '|' + s + "\u20ac" + null;
    int n = s.length();
    same(n, 5242880, "a doubled length");
    same(t.length(), 2 * n + 8, "a joined length");
    check(t.substring(1, n) == s, "the first part");
    same(t.substring(n + 1, 4), "7|01", "the seam");
    check(t.substring(n + 3, n) == s, "the second part");
    same(t.substring(2 * n + 3), "\u20acnull", "the end");
}

short();
wide();
long();
huge();
println("\{checks} checks");
