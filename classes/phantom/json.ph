// JSON (RFC 8259) to objects and back: objects are maps, arrays are arrays, texts strings, numbers ints, longs,
// bigints or doubles, and true, false and null themselves.

package .phantom;

import .internal.container.array;
import .phantom.text.builder;

class json {
    // The objects of a text; a json_error, with line and column, if it is no JSON.
    static any parse(string text) {
        return parse(text, 500);
    }

    // The same, but no deeper than `depth` arrays and objects in each other.
    static any parse(string text, int depth) {
        return new json_reader(text, depth).all();
    }

    // The text of an object, without spaces; an argument error if something in it has no place in JSON. What has
    // a method toJson() is shown as what that gives.
    static string print(any object) {
        return new json_writer(0).all(object);
    }

    // The same with a line for each value, set in by two more spaces on each level.
    static string pretty(any object) {
        return new json_writer(2).all(object);
    }

    // A string with quotes and escapes.
    static string quote(string text) {
        builder out = new builder();
        json_writer.addQuoted(out, text);
        return out.toString();
    }
}

class json_reader {
    private string text;
    private .internal.chars units;
    private int at;
    private int depthLeft;

    void json_reader(string text0, int depth) {
        text = text0;
        depthLeft = depth;
        units = text.toChars();
    }

    any all() {
        any value = readValue();
        skipSpace();
        if (at < units.size())
            refuse("the text should end here");
        return value;
    }

    private any readValue() {
        skipSpace();
        if (at >= units.size())
            refuse("a value is missing at the end");
        char c = units[at];
        switch (c) {
            case '{': return readObject();
            case '[': return readArray();
            case '"': return readString();
            case 't': return readWord("true", true);
            case 'f': return readWord("false", false);
            case 'n': return readWord("null", null);
        }
        if (c == '-' || (c >= '0' && c <= '9'))
            return readNumber();
        refuse("a value should be here");
        return null;
    }

    private any readObject() {
        .internal.container.map result = new .internal.container.map();
        if (openIsEmpty('}'))
            return result;
        do {
            skipSpace();
            if (at >= units.size() || units[at] != '"')
                refuse("a name in quotes should be here");
            string name = readString();
            skipSpace();
            if (at >= units.size() || units[at] != ':')
                refuse("a colon should be here");
            at++;
            result.set(name, readValue());
        } while (goesOn('}'));
        return result;
    }

    private any readArray() {
        array result = new array();
        if (openIsEmpty(']'))
            return result;
        do {
            result.add(readValue());
        } while (goesOn(']'));
        return result;
    }

    // Behind { or [.
    private boolean openIsEmpty(char end) {
        if (depthLeft == 0)
            refuse("arrays and objects are too deep in each other");
        at++;
        skipSpace();
        if (at < units.size() && units[at] == end) {
            at++;
            return true;
        }
        depthLeft--;
        return false;
    }

    // Behind a value: is there a comma?
    private boolean goesOn(char end) {
        skipSpace();
        if (at >= units.size() || (units[at] != ',' && units[at] != end))
            refuse("a comma or \{end} should be here");
        at++;
        if (units[at - 1] == end)
            depthLeft++;
        return units[at - 1] == ',';
    }

    private any readWord(string word, any value) {
        if (!text.matchesAt(word, at))
            refuse("a value should be here");
        at += word.length();
        return value;
    }

    private any readNumber() {
        int from = at;
        boolean whole = true;
        if (units[at] == '-')
            at++;
        if (at < units.size() && units[at] == '0')
            at++;
        else
            readDigits();
        if (at < units.size() && units[at] == '.') {
            whole = false;
            at++;
            readDigits();
        }
        if (at < units.size() && (units[at] == 'e' || units[at] == 'E')) {
            whole = false;
            at++;
            if (at < units.size() && (units[at] == '+' || units[at] == '-'))
                at++;
            readDigits();
        }
        string number = text.substring(from, at - from);
        if (whole)
            return wholeOf(number);
        if (number.length() > 1000)
            refuse("a number is too long");
        return .internal.double.parse(number);
    }

    private static any wholeOf(string number) {
        if (number.length() < 10)
            return .internal.int.parse(number, 10);
        bigint value = bigint.parse(number);
        if (!value.fitsLong())
            return value;
        long small = value.toLong();
        return small == (long) (int) small ? (any) (int) small : (any) small;
    }

    private void readDigits() {
        int from = at;
        while (at < units.size() && units[at] >= '0' && units[at] <= '9')
            at++;
        if (at == from)
            refuse("a digit should be here");
    }

    private string readString() {
        builder out = null;
        int from = at + 1;
        int end = units.size();
        at++;
        for (;;) {
            at = plainEnd(units, at);
            if (at >= end)
                refuse("a string does not end");
            if (units[at] < ' ')
                refuse("a string should not hold a control character");
            string piece = text.substring(from, at - from);
            at++;
            if (units[at - 1] == '"')
                return out == null ? piece : out.add(piece).toString();
            if (out == null)
                out = new builder();
            out.add(piece).addChar(readEscape());
            from = at;
        }
    }

    // The place of the first unit at or behind `from` that is not simply itself in a string, or the end.
    private static int plainEnd(.internal.chars units, int from) {
        int end = units.size();
        int i = from;
        while (i < end) {
            char c = units[i];
            if (c == '"' || c == '\\' || c < ' ')
                break;
            i++;
        }
        return i;
    }

    private char readEscape() {
        if (at >= units.size())
            refuse("a string does not end");
        char c = units[at];
        at++;
        switch (c) {
            case '"': case '\\': case '/': return c;
            case 'b': return '\b';
            case 'f': return '\x0c';
            case 'n': return '\n';
            case 'r': return '\r';
            case 't': return '\t';
            case 'u': return readUnit();
        }
        at--;
        refuse("there is no such escape");
        return c;
    }

    private char readUnit() {
        int unit = 0;
        for (int i = 0; i < 4; i++) {
            int digit = at < units.size() ? units[at].digit(16) : -1;
            if (digit < 0)
                refuse("four hexadecimal digits should be here");
            unit = unit * 16 + digit;
            at++;
        }
        return (char) unit;
    }

    private void skipSpace() {
        int end = units.size();
        while (at < end) {
            char c = units[at];
            if (c > ' ' || (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
                return;
            at++;
        }
    }

    private void refuse(string what) {
        int line = 1;
        int begin = 0;
        for (int i = 0; i < at && i < units.size(); i++) {
            if (units[i] == '\n') {
                line++;
                begin = i + 1;
            }
        }
        throw new json_error(what, line, at - begin + 1);
    }
}

class json_writer {
    // Deeper than this, an object surely holds itself.
    private const static int DEPTH_MAX = 500;

    private builder out = new builder();
    private int step;
    private int depth;

    void json_writer(int step0) {
        step = step0;
    }

    string all(any object) {
        add(object);
        return out.toString();
    }

    private void add(any object) {
        if (object instanceof .internal.string)
            addQuoted(out, object);
        else if (object == null || object instanceof .internal.int || object instanceof .internal.boolean ||
            object instanceof .internal.long || object instanceof bigint)
            out.addAny(object);
        else if (object instanceof .internal.double || object instanceof .internal.float)
            addNumber(object);
        else if (object instanceof .internal.container.dictionary)
            addMap(object);
        else if (object instanceof .internal.container.collection)
            addItems(object);
        else if (object instanceof .internal.char)
            addQuoted(out, object.toString());
        else
            addOther(object);
    }

    private void addNumber(double number) {
        if (!number.isFinite())
            throw new .internal.error.argument("JSON has no number \{number}");
        out.addAny(number);
    }

    private void addOther(any object) {
        any shown;
        try {
            shown = object.toJson();
        } catch (.internal.error.no_method e) {
            throw new .internal.error.argument("JSON has no place for a \{object.getClass().name()}");
        }
        enter();
        add(shown);
        depth--;
    }

    private void addMap(.internal.container.dictionary map) {
        boolean first = true;
        enter();
        out.addChar('{');
        foreach (key in .internal.container.cursor.over(map)) {
            if (!(key instanceof .internal.string))
                throw new .internal.error.argument("a name in JSON is a string, and here is \{key}");
            beginLine(first);
            first = false;
            addQuoted(out, key);
            out.add(step > 0 ? ": " : ":");
            add(map.get(key));
        }
        leave(first, '}');
    }

    private void addItems(.internal.container.collection items) {
        boolean first = true;
        enter();
        out.addChar('[');
        foreach (item in .internal.container.cursor.over(items)) {
            beginLine(first);
            first = false;
            add(item);
        }
        leave(first, ']');
    }

    private void enter() {
        if (depth == DEPTH_MAX)
            throw new .internal.error.argument("more than \{DEPTH_MAX} objects in each other; does one hold itself?");
        depth++;
    }

    private void beginLine(boolean first) {
        if (!first)
            out.addChar(',');
        newLine();
    }

    private void leave(boolean empty, char end) {
        depth--;
        if (!empty)
            newLine();
        out.addChar(end);
    }

    private void newLine() {
        if (step == 0)
            return;
        out.addChar('\n');
        for (int i = 0; i < depth * step; i++)
            out.addChar(' ');
    }

    static void addQuoted(builder out, string text) {
        .internal.chars units = text.toChars();
        int from = 0;
        out.addChar('"');
        for (int at = 0; at < units.size(); at++) {
            char c = units[at];
            if (c >= ' ' && c != '"' && c != '\\')
                continue;
            out.add(text.substring(from, at - from)).add(escapeOf(c));
            from = at + 1;
        }
        out.add(text.substring(from)).addChar('"');
    }

    private static string escapeOf(char c) {
        switch (c) {
            case '"': return "\\\"";
            case '\\': return "\\\\";
            case '\n': return "\\n";
            case '\r': return "\\r";
            case '\t': return "\\t";
            case '\b': return "\\b";
            case '\x0c': return "\\f";
        }
        return "\\u" + ((int) c).toString(16).padLeft(4, '0');
    }
}
