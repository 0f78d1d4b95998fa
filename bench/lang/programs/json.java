/*
 * json.java - a text of JSON is read into objects, walked over, and written again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

import java.util.ArrayList;
import java.util.HashMap;

final class Json {
    abstract static class Value {
        abstract void write(StringBuilder out);

        double sum() {
            return 0.0;
        }

        static void writeQuoted(String text, StringBuilder out) {
            int begin = 0;
            int end = text.length();
            out.append('"');
            for (int at = 0; at < end; at++) {
                char c = text.charAt(at);
                if (c != '"' && c != '\\' && c != '\n')
                    continue;
                out.append(text, begin, at);
                out.append('\\');
                out.append(c == '\n' ? 'n' : c);
                begin = at + 1;
            }
            out.append(text, begin, end);
            out.append('"');
        }
    }

    static final class Literal extends Value {
        private final String text;

        Literal(String text) {
            this.text = text;
        }

        void write(StringBuilder out) {
            out.append(text);
        }
    }

    static final class Amount extends Value {
        private final String text;
        private final double amount;

        Amount(String text) {
            this.text = text;
            amount = Double.parseDouble(text);
        }

        void write(StringBuilder out) {
            out.append(text);
        }

        double sum() {
            return amount;
        }
    }

    static final class Quoted extends Value {
        private final String text;

        Quoted(String text) {
            this.text = text;
        }

        void write(StringBuilder out) {
            writeQuoted(text, out);
        }
    }

    static final class Row extends Value {
        final ArrayList<Value> items = new ArrayList<>();

        void write(StringBuilder out) {
            out.append('[');
            for (int i = 0; i < items.size(); i++) {
                if (i > 0)
                    out.append(',');
                items.get(i).write(out);
            }
            out.append(']');
        }

        double sum() {
            double total = 0.0;
            for (Value item : items)
                total += item.sum();
            return total;
        }
    }

    static final class Members extends Value {
        private final ArrayList<String> names = new ArrayList<>();
        private final HashMap<String, Value> values = new HashMap<>();

        void add(String name, Value one) {
            names.add(name);
            values.put(name, one);
        }

        void write(StringBuilder out) {
            out.append('{');
            for (int i = 0; i < names.size(); i++) {
                String name = names.get(i);
                if (i > 0)
                    out.append(',');
                writeQuoted(name, out);
                out.append(':');
                values.get(name).write(out);
            }
            out.append('}');
        }

        double sum() {
            double total = 0.0;
            for (String name : names)
                total += values.get(name).sum();
            return total;
        }
    }

    static final class Parser {
        private final String text;
        private final int end;
        private int at = -1;
        private char current;

        Parser(String text) {
            this.text = text;
            end = text.length();
            read();
        }

        private void read() {
            at++;
            current = at < end ? text.charAt(at) : '\0';
        }

        private void skipSpace() {
            while (current == ' ' || current == '\n')
                read();
        }

        private IllegalArgumentException refuse(String wanted) {
            return new IllegalArgumentException(wanted + " should be at " + at);
        }

        private void expect(char c) {
            if (current != c)
                throw refuse("" + c);
            read();
        }

        Value all() {
            Value one = oneValue();
            skipSpace();
            if (at < end)
                throw refuse("the end");
            return one;
        }

        private Value oneValue() {
            skipSpace();
            switch (current) {
                case '{': return readMembers();
                case '[': return readRow();
                case '"': return new Quoted(readString());
                case 't': return readLiteral("true");
                case 'f': return readLiteral("false");
                case 'n': return readLiteral("null");
                default: return readNumber();
            }
        }

        private Value readMembers() {
            Members made = new Members();
            read();
            skipSpace();
            while (current != '}') {
                String name = readString();
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

        private Value readRow() {
            Row made = new Row();
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

        private Value readLiteral(String word) {
            for (int i = 0; i < word.length(); i++)
                expect(word.charAt(i));
            return new Literal(word);
        }

        private boolean isDigit() {
            return current >= '0' && current <= '9';
        }

        private void readDigits() {
            if (!isDigit())
                throw refuse("a digit");
            while (isDigit())
                read();
        }

        private Value readNumber() {
            int begin = at;
            if (current == '-')
                read();
            readDigits();
            if (current == '.') {
                read();
                readDigits();
            }
            return new Amount(text.substring(begin, at));
        }

        private String readString() {
            StringBuilder parts = null;
            expect('"');
            int begin = at;
            while (current != '"') {
                if (at >= end)
                    throw refuse("a quote");
                if (current == '\\') {
                    if (parts == null)
                        parts = new StringBuilder();
                    parts.append(text, begin, at);
                    read();
                    parts.append(escaped());
                    begin = at + 1;
                }
                read();
            }
            String last = text.substring(begin, at);
            read();
            return parts == null ? last : parts.append(last).toString();
        }

        private char escaped() {
            switch (current) {
                case '"': case '\\': case '/': return current;
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                default: throw refuse("an escape");
            }
        }
    }

    static String source(int count, String space) {
        StringBuilder out = new StringBuilder();
        out.append("[");
        for (int i = 0; i < count; i++) {
            if (i > 0)
                out.append("," + space);
            out.append("{\"id\":" + space + i);
            out.append("," + space + "\"name\":" + space + "\"thing \\\"" + i + "\\\"\"");
            out.append("," + space + "\"price\":" + space + (i % 90 + 10) + ".25");
            out.append("," + space + "\"tags\":" + space + "[\"first\"," + space + "\"sec\\nond\"," + space + "\"third\"]");
            out.append("," + space + "\"stock\":" + space + "{\"here\":" + space + i * 7 % 50);
            out.append("," + space + "\"open\":" + space + (i % 3 == 0 ? "true" : "false"));
            out.append("," + space + "\"note\":" + space + "null}}");
        }
        out.append("]");
        return out.toString();
    }

    static String written(Value one) {
        StringBuilder out = new StringBuilder();
        one.write(out);
        return out.toString();
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        String spaced = source(60, " ");
        String close = source(60, "");
        for (int round = 0; round < rounds; round++) {
            Value one = new Parser(spaced).all();
            if (!written(one).equals(close))
                throw new IllegalStateException("json: what was read is not what is written");
            double found = one.sum();
            if (found != 5595.0)
                throw new IllegalStateException("json: " + found + " is wrong");
        }
        System.out.println("json: " + rounds);
    }
}
