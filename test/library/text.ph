// text.ph - strings, characters, builders and formats.

import .support.check;

void looking() {
    string s = "one, two, three";
    check.same(s.count(","), 2, "count");
    check.same("aaaa".count("aa"), 2, "count side by side");
    check.same(s.lastIndexOf("o", 5), 0, "lastIndexOf from");
    check.same(s.lastIndexOf("e", 100), 14, "lastIndexOf from behind the end");
    check.same(s.before(","), "one", "before");
    check.same(s.after(", "), "two, three", "after");
    check.same(s.before("x"), s, "before nothing");
    check.same(s.after("x"), "", "after nothing");
    check.same(s.slice(5, 8), "two", "slice");
    check.same("x.ph".withoutSuffix(".ph"), "x", "withoutSuffix");
    check.same("x.ph".withoutSuffix(".c"), "x.ph", "withoutSuffix of another");
    check.same("--x".withoutPrefix("--"), "x", "withoutPrefix");
    check.same("a\u00a0 \tb".words(), ["a", "b"], "words between all spaces");
    check.same(" \n\t".isBlank(), true, "isBlank");
    check.same(" x".isBlank(), false, "not isBlank");
    check.same("\u3000x\u2003".trim(), "x", "trim of wide spaces");
    check.same("  x ".trimStart(), "x ", "trimStart");
    check.same("  x ".trimEnd(), "  x", "trimEnd");
    check.same("   ".trimEnd(), "", "trimEnd of spaces");
    check.same("a\nb\r\n\nc".lines(), ["a", "b", "", "c"], "lines");
    check.same("a\n".lines(), ["a"], "a line that ends");
    check.same("a\rb\r".lines(), ["a\rb\r"], "a CR alone ends no line");
    check.same("".lines(), [], "no lines");
    check.same("a,b,c".split(",", 2), ["a", "b,c"], "split into two");
    check.same("a,b".split(",", 1), ["a,b"], "split into one");
    check.same("aXbXcX".replace("X", "-", 2), "a-b-cX", "replace two");
    check.same("a😀é".codePoints(), [97, 0x1f600, 0xe9], "codePoints");
    check.same(.internal.string.fromCodePoints([97, 0x1f600]), "a😀", "fromCodePoints");
    check.same("a😀é".columns(), 4, "columns");
    check.same("漢字e\u0301\u200b\n".columns(), 5, "columns of wide characters and of accents");
    check.same("한국어".columns() + "\u1112\u1161\u11ab".columns(), 8, "columns of Korean, in one and in parts");
    check.same("".columns(), 0, "no columns");
    check.same("a😀é".reverse(), "é😀a", "reverse");
    check.same(["banana".matchesAt("nan", 2), "banana".matchesAt("nan", 3), "banana".matchesAt("a", 9)], [true, false, false], "matchesAt");
    check.good("a".compare("b") < 0 && "b".compare("a") > 0 && "a".compare("a") == 0, "compare");
    check.good("ab".compare("a") > 0 && "Z".compare("a") < 0, "compare by units, and by length");
    check.fails("count of an empty text", fun () { return "x".count(""); });
    check.fails("an empty separator", fun () { return "x".split(""); });
    check.fails("split into 0 parts", fun () { return "x".split(",", 0); });
    check.fails("a string is wanted here, not null", fun () { return "x".indexOf(null); });
    check.fails("2 characters from 2 of a string of 3", fun () { return "abc".substring(2, 2); });
    check.part("looking");
}

void making() {
    check.same("7".padLeft(3, '0'), "007", "padLeft with");
    check.same("7".padRight(3, '.'), "7..", "padRight with");
    check.same("ab".center(7), "  ab   ", "center");
    check.same("abc".center(2), "abc", "center of a long one");
    check.same("élan".capitalize(), "Élan", "capitalize");
    check.same("".capitalize(), "", "capitalize nothing");
    check.same("straße ÿ ω я".toUpper(), "STRAßE Ÿ Ω Я", "capitals beyond Latin-1");
    check.same("ŸΩЯԱ".toLower(), "ÿωяա", "small letters beyond Latin-1");
    check.same("\u212a".toLower(), "k", "a narrow small letter");
    check.same("\u212a".toLower().hashCode(), "k".hashCode(), "and it is the narrow string");
    check.same("ÿ".repeat(5000).toUpper(), "Ÿ".repeat(5000), "a long text that becomes wide");
    check.same("Ÿ".repeat(5000).toLower(), "ÿ".repeat(5000), "and narrow again");
    string late = "x".repeat(4000) + "ÿ" + "x".repeat(4000);
    check.same(late.toUpper(), "X".repeat(4000) + "Ÿ" + "X".repeat(4000), "wide in the middle");
    check.good("Straße".equalsIgnoringCase("STRAßE"), "equalsIgnoringCase");
    check.good("Σίσυφος".equalsIgnoringCase("ΣΊΣΥΦΟΣ"), "both small sigmas");
    check.good(!"a".equalsIgnoringCase("b"), "not equalsIgnoringCase");
    check.good(!"a".equalsIgnoringCase(null), "nothing equals null");
    check.good("apple".compareIgnoringCase("Banana") < 0, "compareIgnoringCase");
    check.fails("repeat -1 times", fun () { return "x".repeat(-1); });
    check.part("making");
}

void units() {
    chars letters = "añ😀".toChars();
    check.same([letters.size(), letters[1], .internal.string.fromChars(letters, 0, 2)], [4, 'ñ', "añ"], "toChars and fromChars");
    check.same(.internal.string.fromChars(letters, 2, 2), "😀", "both halves of one");
    "xyz".copyChars(1, letters, 0, 2);
    check.same(.internal.string.fromChars(letters, 0, 4), "yz😀", "copyChars");
    .internal.bytes raw = new .internal.bytes(4);
    raw[0] = 'a';
    raw[1] = -61;
    raw[2] = -79;
    raw[3] = -1;
    check.same(.internal.string.fromUtf8(raw, 0, 3), "añ", "fromUtf8");
    check.same(.internal.string.fromUtf8(raw, 1, 3), "ñ\ufffd", "and bytes that are none");
    check.fails("3 characters from 1 of a string of 3", fun () { "xyz".copyChars(1, letters, 0, 3); return null; });
    check.fails("3 elements from 2 of an array of 4", fun () { "xyz".copyChars(0, letters, 2, 3); return null; });
    check.fails("3 elements from 2 of an array of 4", fun () { return .internal.string.fromChars(letters, 2, 3); });
    check.fails("-1 elements from 0 of an array of 4", fun () { return .internal.string.fromUtf8(raw, 0, -1); });
    check.fails("an array of characters is wanted here, not null", fun () { return .internal.string.fromChars(null, 0, 0); });
    check.same(.internal.string.fromChars(letters, 0, 4), "yz😀", "what was refused has changed nothing");
    check.part("units");
}

void characters() {
    check.same('é'.isLetter(), true, "é");
    check.same('я'.isLetter(), true, "я");
    check.same('中'.isLetter(), true, "中");
    check.same('€'.isLetter(), false, "€");
    check.same('7'.isLetter(), false, "7");
    check.same('я'.toUpper(), 'Я', "toUpper");
    check.same('Ǆ'.isUpper(), true, "isUpper");
    check.same('x'.isLower(), true, "isLower");
    check.same('ß'.isUpper(), false, "ß is no capital");
    check.same('_'.isWord(), true, "isWord");
    check.same('\u2028'.isSpace(), true, "isSpace");
    check.same('f'.digit(16), 15, "digit");
    check.same('f'.digit(10), -1, "no digit");
    check.same('Z'.digit(36), 35, "the largest digit");
    check.same("%c".format(['x']), "x", "as text");
    check.part("characters");
}

void numbers() {
    check.same("ff".toInt(16), 255, "toInt of a radix");
    check.same(" -777 ".toLong(8), -511L, "toLong of a radix");
    check.same("x".toIntOr(7), 7, "toIntOr");
    check.same("12".toIntOr(7), 12, "toIntOr of a number");
    check.same("1,5".toDoubleOr(0.5), 0.5, "toDoubleOr");
    check.same(int.parse("12"), 12, "int.parse");
    check.same(long.parse("12"), 12L, "long.parse");
    check.fails("not an int: \"4x\"", fun () { return "4x".toInt(); });
    check.fails("not an int: \"2147483648\"", fun () { return "2147483648".toInt(); });
    check.fails("not a long: \"\"", fun () { return "".toLong(); });
    check.fails("not a double: \"1,5\"", fun () { return "1,5".toDouble(); });
    check.fails("not a float: \"one\"", fun () { return "one".toFloat(); });
    check.part("numbers");
}

void formats() {
    check.same("plain".format([]), "plain", "no place");
    check.same("100%%".format([]), "100%", "the sign itself");
    check.same("%s|%5s|%-5s|%.2s".format([1, "ab", "ab", "abc"]), "1|   ab|ab   |ab", "s");
    check.same("%s".format([null]), "null", "null");
    check.same("%d|%5d|%-5d|%05d|%+d".format([42, 42, 42, -42, 42]), "42|   42|42   |-0042|+42", "d");
    check.same("%,d|%,d|%,d".format([1234567, -123, 1000L]), "1,234,567|-123|1,000", "commas");
    check.same("%x|%X|%o|%b|%04x".format([255, 255, 8, 5, 10]), "ff|FF|10|101|000a", "radix");
    check.same("%x".format([-1]), "ffffffff", "negative bits of an int");
    check.same("%x".format([-1L]), "ffffffffffffffff", "negative bits of a long");
    check.same("%d of %.1f".format([1, 2.5]), "1 of 2.5", "ints among doubles");
    check.fails("format: %d wants a whole number, and here is a .internal.double", fun () { return "%d".format([1.5]); });
    check.same("%b".format([0]), "0", "no bits");
    check.same("%f|%.2f|%8.3f|%.0f".format([1.5, 2.345, -3.14159, 2.5]), "1.500000|2.35|  -3.142|3", "f");
    check.same("%08.2f|%+.1f|%,.2f".format([-1.5, 2.0, 1234567.891]), "-0001.50|+2.0|1,234,567.89", "f with flags");
    check.same("%.1f".format([3]), "3.0", "f of an int");
    check.same("%.2e|%.0e|%e".format([12345.678, 9.6, 0.0]), "1.23e+04|1e+01|0.000000e+00", "e");
    check.same("%.3e|%.1e|%.2e".format([0.00012345, 9.96, -1e300]), "1.235e-04|1.0e+01|-1.00e+300", "e of all sizes");
    check.same("%5.1f".format([0.0 / 0.0]).trim().length() > 0, true, "no number");
    check.same("%c%c".format(['a', 0x1f600]), "a😀", "c");
    check.same("%s %s".format(["%s", "%d"]), "%s %d", "values are no patterns");
    check.same(.phantom.text.format.scientific(-0.00125, 1), "-1.3e-03", "scientific");
    check.fails("format: no value for %d at 3", fun () { return "%s %d".format([1]); });
    check.fails("format: 2 values for 1 places", fun () { return "%s".format([1, 2]); });
    check.fails("format: %d wants a whole number, and here is a .internal.string", fun () { return "%d".format(["1"]); });
    check.fails("format: %f wants a number, and here is null", fun () { return "%f".format([null]); });
    check.fails("format: %c wants a character, and here is a .internal.double", fun () { return "%c".format([1.5]); });
    check.fails("format: there is no kind %q, at 2", fun () { return "a %q".format([1]); });
    check.fails("format: a place ends too early, at 2", fun () { return "a %-5".format([1]); });
    check.fails("format: a number above 10000 at 5", fun () { return "%99999d".format([1]); });
    check.part("formats");
}

void builders() {
    .phantom.text.builder text = new .phantom.text.builder();
    text.add("ab").addChar('c').addAny(5).addAny(null);
    check.same(text.toString(), "abc5null", "add");
    check.same(text.charAt(3), '5', "charAt");
    text.cut(3);
    check.same(text.toString(), "abc", "cut");
    text.insert(1, "--");
    check.same(text.toString(), "a--bc", "insert");
    text.set(0, 'A');
    check.same(text.toString(), "A--bc", "set");
    text.remove(1, 2);
    check.same(text.toString(), "Abc", "remove");
    text.addLine("!");
    check.same(text.toString(), "Abc!\n", "addLine");
    text.addFormat("%03d", [7]);
    check.same(text.toString(), "Abc!\n007", "addFormat");
    check.same(text.length(), 8, "length");
    check.fails("cut a text of 8 to 9", fun () { text.cut(9); return null; });
    check.fails("character 8 of a text of 8", fun () { return text.charAt(8); });
    check.fails("place 9 of a text of 8", fun () { text.insert(9, "x"); return null; });
    check.fails("4 characters from 5 of a text of 8", fun () { text.remove(5, 4); return null; });
    check.part("builders");
}

looking();
making();
units();
characters();
numbers();
formats();
builders();
