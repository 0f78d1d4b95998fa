// json.ph - a text of JSON is read into objects, walked over, and written again: characters, texts that grow, maps. The class
// library's own reader is not used, so that all languages do the same.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import .phantom.text.builder;

abstract class value {
    abstract void write(builder out);

    double sum() {
        return 0.0;
    }

    static void writeQuoted(string text, builder out) {
        int begin = 0;
        int end = text.length();
        out.addChar('"');
        for (int at = 0; at < end; at++) {
            char c = text[at];
            if (c != '"' && c != '\\' && c != '\n')
                continue;
            out.add(text.slice(begin, at));
            out.addChar('\\');
            out.addChar(c == '\n' ? 'n' : c);
            begin = at + 1;
        }
        out.add(text.slice(begin, end));
        out.addChar('"');
    }
}

class literal extends value {
    private const string text;

    void literal(string text0) {
        text = text0;
    }

    void write(builder out) {
        out.add(text);
    }
}

class number extends value {
    private const string text;
    private const double amount;

    void number(string text0) {
        text = text0;
        amount = text.toDouble();
    }

    void write(builder out) {
        out.add(text);
    }

    double sum() {
        return amount;
    }
}

class quoted extends value {
    private const string text;

    void quoted(string text0) {
        text = text0;
    }

    void write(builder out) {
        writeQuoted(text, out);
    }
}

class row extends value {
    const value[] items = [];

    void write(builder out) {
        out.addChar('[');
        for (int i = 0; i < items.size(); i++) {
            if (i > 0)
                out.addChar(',');
            items[i].write(out);
        }
        out.addChar(']');
    }

    double sum() {
        double total = 0.0;
        foreach (item in items)
            total += item.sum();
        return total;
    }
}

class members extends value {
    private const string[] names = [];
    private const value[map] values = new value[map]();

    void add(string name, value one) {
        names.add(name);
        values[name] = one;
    }

    void write(builder out) {
        out.addChar('{');
        for (int i = 0; i < names.size(); i++) {
            string name = names[i];
            if (i > 0)
                out.addChar(',');
            writeQuoted(name, out);
            out.addChar(':');
            values[name].write(out);
        }
        out.addChar('}');
    }

    double sum() {
        double total = 0.0;
        foreach (name in names)
            total += values[name].sum();
        return total;
    }
}

class parser {
    private const string text;
    private const int end;
    private int at = -1;
    private char current;

    void parser(string text0) {
        text = text0;
        end = text.length();
        read();
    }

    private void read() {
        at++;
        current = at < end ? text[at] : '\0';
    }

    private void skipSpace() {
        while (current == ' ' || current == '\n')
            read();
    }

    private void refuse(string wanted) {
        throw "\{wanted} should be at \{at}";
    }

    private void expect(char c) {
        if (current != c)
            refuse("\{c}");
        read();
    }

    value all() {
        value one = oneValue();
        skipSpace();
        if (at < end)
            refuse("the end");
        return one;
    }

    private value oneValue() {
        skipSpace();
        switch (current) {
            case '{': return readMembers();
            case '[': return readRow();
            case '"': return new quoted(readString());
            case 't': return readLiteral("true");
            case 'f': return readLiteral("false");
            case 'n': return readLiteral("null");
        }
        return readNumber();
    }

    private value readMembers() {
        members made = new members();
        read();
        skipSpace();
        while (current != '}') {
            string name = readString();
            skipSpace();
            expect(':');
            made.add(name, oneValue());
            skipSpace();
            if (current != '}') {
                expect(',');
                skipSpace();
            }
        }
        read();
        return made;
    }

    private value readRow() {
        row made = new row();
        read();
        skipSpace();
        while (current != ']') {
            made.items.add(oneValue());
            skipSpace();
            if (current != ']')
                expect(',');
        }
        read();
        return made;
    }

    private value readLiteral(string word) {
        foreach (c in word)
            expect(c);
        return new literal(word);
    }

    private boolean isDigit() {
        return current >= '0' && current <= '9';
    }

    private void readDigits() {
        if (!isDigit())
            refuse("a digit");
        while (isDigit())
            read();
    }

    private value readNumber() {
        int begin = at;
        if (current == '-')
            read();
        readDigits();
        if (current == '.') {
            read();
            readDigits();
        }
        return new number(text.slice(begin, at));
    }

    private string readString() {
        builder parts = null;
        expect('"');
        int begin = at;
        while (current != '"') {
            if (at >= end)
                refuse("a quote");
            if (current == '\\') {
                if (parts == null)
                    parts = new builder();
                parts.add(text.slice(begin, at));
                read();
                parts.addChar(escaped());
                begin = at + 1;
            }
            read();
        }
        string last = text.slice(begin, at);
        read();
        return parts == null ? last : parts.add(last).toString();
    }

    private char escaped() {
        switch (current) {
            case '"': case '\\': case '/': return current;
            case 'b': return '\b';
            case 'f': return '\x0c';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
        }
        refuse("an escape");
        return current;
    }
}

string source(int count, string space) {
    builder out = new builder();
    out.add("[");
    for (int i = 0; i < count; i++) {
        if (i > 0)
            out.add("," + space);
        out.add("{\"id\":" + space + i);
        out.add("," + space + "\"name\":" + space + "\"thing \\\"" + i + "\\\"\"");
        out.add("," + space + "\"price\":" + space + (i % 90 + 10) + ".25");
        out.add("," + space + "\"tags\":" + space + "[\"first\"," + space + "\"sec\\nond\"," + space + "\"third\"]");
        out.add("," + space + "\"stock\":" + space + "{\"here\":" + space + i * 7 % 50);
        out.add("," + space + "\"open\":" + space + (i % 3 == 0 ? "true" : "false"));
        out.add("," + space + "\"note\":" + space + "null}}");
    }
    out.add("]");
    return out.toString();
}

string written(value one) {
    builder out = new builder();
    one.write(out);
    return out.toString();
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
string spaced = source(60, " ");
string close = source(60, "");
for (int round = 0; round < rounds; round++) {
    value one = new parser(spaced).all();
    if (written(one) != close)
        throw "json: what was read is not what is written";
    double found = one.sum();
    if (found != 5595.0)
        throw "json: \{found} is wrong";
}
println("json: \{rounds}");
