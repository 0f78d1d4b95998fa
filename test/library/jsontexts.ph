// jsontexts.ph - JSON: what is read, what is printed, and what is refused, with its place.

import .support.check;

class point {
    int x;
    int y;

    void point(int x0, int y0) {
        x = x0;
        y = y0;
    }

    any toJson() {
        return {"x": x, "y": y};
    }
}

void reading() {
    check.same(json.parse("null"), null, "null");
    check.same(json.parse(" true "), true, "true");
    check.same(json.parse("[false]"), [false], "false");
    check.same(json.parse("-12"), -12, "an int");
    check.same(json.parse("2147483648"), 2147483648L, "a long");
    check.good(json.parse("2147483647") instanceof int, "the largest int");
    check.same(json.parse("123456789012345678901234567890").toString(), "123456789012345678901234567890", "a bigint");
    check.same(json.parse("1.5e3"), 1500.0, "a double");
    check.good(json.parse("1.0") instanceof double, "a double that is whole");
    check.same(json.parse("-0.0").toString(), "-0.0", "negative zero");
    check.same(json.parse("1E+2"), 100.0, "an exponent");
    check.same(json.parse("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\""), "a\"\\/\b\x0c\n\r\té😀", "escapes");
    check.same(json.parse("\"é😀\""), "é😀", "no escapes");
    check.same(json.parse("[]"), [], "an empty array");
    check.same(json.parse("{}"), {}, "an empty object");
    check.same(json.parse("[1, [2, {\"a\": [3]}], \"x\"]"), [1, [2, {"a": [3]}], "x"], "nested");
    any ordered = json.parse("{\"z\": 1, \"a\": 2, \"z\": 3}");
    check.same(ordered.keys(), ["z", "a"], "names in their order");
    check.same(ordered["z"], 3, "the last value of a name");
    check.same(json.parse("[".repeat(500) + "]".repeat(500)).size(), 1, "as deep as can be");
    check.part("reading");
}

void printing() {
    check.same(json.print(null), "null", "null");
    check.same(json.print([1, "a", true, null]), "[1,\"a\",true,null]", "an array");
    check.same(json.print({"a": {"b": []}, "c": 2}), "{\"a\":{\"b\":[]},\"c\":2}", "objects");
    check.same(json.print("q\"\\\n\t\x01é😀"), "\"q\\\"\\\\\\n\\t\\u0001é😀\"", "escapes");
    check.same(json.print(0.1), "0.1", "a double");
    check.same(json.print(1e300), "1.0E300", "a large double");
    check.same(json.print(bigint.of(2).pow(70)), "1180591620717411303424", "a bigint");
    check.same(json.print('x'), "\"x\"", "a char");
    check.same(json.print(new range(1, 3)), "[1,2,3]", "a collection");
    check.same(json.print([new point(1, 2)]), "[{\"x\":1,\"y\":2}]", "an object that knows how");
    check.same(json.pretty({"a": [1, 2], "b": {}, "c": {"d": null}}),
        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": {\n    \"d\": null\n  }\n}", "pretty");
    check.same(json.quote("a\"b"), "\"a\\\"b\"", "quote");
    any deep = {"list": [1, 2.5, "three", [true, null]], "text": "line\nline", "big": bigint.of(10).pow(30)};
    check.same(json.parse(json.print(deep)), deep, "there and back");
    check.same(json.parse(json.pretty(deep)), deep, "there and back, pretty");
    any self = [];
    self.add(self);
    check.fails("more than 500 objects in each other; does one hold itself?", fun () { return json.print(self); });
    check.fails("JSON has no number NaN", fun () { return json.print([0.0 / 0.0]); });
    check.fails("JSON has no place for a .internal.mutex", fun () { return json.print(new mutex()); });
    check.fails("a name in JSON is a string, and here is 1", fun () { return json.print({1: 2}); });
    check.part("printing");
}

void refuses(string text, string what) {
    check.fails("JSON, \{what}", fun () { return json.parse(text); });
}

void mistakes() {
    refuses("", "line 1, column 1: a value is missing at the end");
    refuses("[1,\n 2", "line 2, column 3: a comma or ] should be here");
    refuses("[1, ]", "line 1, column 5: a value should be here");
    refuses("[1 2]", "line 1, column 4: a comma or ] should be here");
    refuses("{\"a\" 1}", "line 1, column 6: a colon should be here");
    refuses("{a: 1}", "line 1, column 2: a name in quotes should be here");
    refuses("{\"a\": 1,}", "line 1, column 9: a name in quotes should be here");
    refuses("nul", "line 1, column 1: a value should be here");
    refuses("[1] x", "line 1, column 5: the text should end here");
    refuses("01", "line 1, column 2: the text should end here");
    refuses("-", "line 1, column 2: a digit should be here");
    refuses("1.", "line 1, column 3: a digit should be here");
    refuses("1e+", "line 1, column 4: a digit should be here");
    refuses("+1", "line 1, column 1: a value should be here");
    refuses("\"a", "line 1, column 3: a string does not end");
    refuses("\"a\\", "line 1, column 4: a string does not end");
    refuses("\"\\x\"", "line 1, column 3: there is no such escape");
    refuses("\"\\u00g0\"", "line 1, column 6: four hexadecimal digits should be here");
    refuses("\"a\nb\"", "line 1, column 3: a string should not hold a control character");
    refuses("'a'", "line 1, column 1: a value should be here");
    refuses("[".repeat(501), "line 1, column 501: arrays and objects are too deep in each other");
    refuses("1." + "1".repeat(1000), "line 1, column 1003: a number is too long");
    check.fails("JSON, line 1, column 2: arrays and objects are too deep in each other",
        fun () { return json.parse("[[]]", 1); });
    try {
        json.parse("[\n1,\n  x]");
    } catch (.phantom.json_error e) {
        check.same([e.line(), e.column()], [3, 3], "line and column");
    }
    check.part("mistakes");
}

reading();
printing();
mistakes();
