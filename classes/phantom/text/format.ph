// Texts with values in them, as string.format makes them: "%-8s %5.2f".format(["pi", 3.14159]).
//
// A place in the pattern is % [flags] [width] [.digits] kind. The flags are - (to the left), 0 (zeroes in
// front), + (a sign in any case) and , (a comma every three digits). The kinds are:
//
//   s        any object, as text; .digits cuts it
//   d        a whole number; also a double that is one
//   x X o b  a whole number in hexadecimal, octal, binary; a negative int or long as its 32 or 64 bits
//   f        a number with .digits behind the point, or 6
//   e        the same with an exponent
//   c        a char, or a code point
//   %        the sign itself

package .phantom.text;

class format {
    private .internal.chars units;
    private any[] values;
    private int at;
    private int used;
    private builder out;

    private boolean left;
    private boolean zeroes;
    private boolean plus;
    private boolean commas;
    private int width;
    private int digits;

    private void format(string pattern, any[] values0) {
        units = pattern.toChars();
        values = values0;
        out = new builder();
    }

    // The pattern with the values in their places; an argument error if they do not fit.
    static string of(string pattern, any[] values) {
        return new format(pattern, values).make();
    }

    private string make() {
        int end = units.size();
        while (at < end) {
            char c = units[at];
            at++;
            if (c == '%')
                place();
            else
                out.addChar(c);
        }
        if (used < values.size())
            throw new .internal.error.argument("format: \{values.size()} values for \{used} places");
        return out.toString();
    }

    private void place() {
        int from = at;
        readFlags();
        width = readNumber();
        digits = -1;
        if (at < units.size() && units[at] == '.') {
            at++;
            digits = readNumber();
        }
        if (at >= units.size())
            throw new .internal.error.argument("format: a place ends too early, at \{from - 1}");
        char kind = units[at];
        at++;
        if (kind == '%')
            out.addChar('%');
        else
            putIn(kind, from);
    }

    private void readFlags() {
        left = zeroes = plus = commas = false;
        for (; at < units.size(); at++) {
            switch (units[at]) {
                case '-': left = true; break;
                case '0': zeroes = true; break;
                case '+': plus = true; break;
                case ',': commas = true; break;
                default: return;
            }
        }
    }

    private int readNumber() {
        int n = 0;
        for (; at < units.size() && units[at].isDigit(); at++) {
            n = n * 10 + (units[at] - '0');
            if (n > 10000)
                throw new .internal.error.argument("format: a number above 10000 at \{at}");
        }
        return n;
    }

    private void putIn(char kind, int from) {
        if ("sdxXobfec".indexOfChar(kind) < 0)
            throw new .internal.error.argument("format: there is no kind %\{kind}, at \{from - 1}");
        if (used >= values.size())
            throw new .internal.error.argument("format: no value for %\{kind} at \{from - 1}");
        any value = values[used];
        used++;
        if (kind == 's')
            pad(cut("\{value}"), "");
        else if (kind == 'c')
            pad(character(value), "");
        else if (kind == 'f' || kind == 'e')
            number(real(value, kind), kind);
        else if (kind == 'd')
            signed(whole(value, kind).toString());
        else
            pad(inRadix(whole(value, kind), kind), "");
    }

    private string cut(string text) {
        return digits >= 0 && digits < text.length() ? text.substring(0, digits) : text;
    }

    private string character(any value) {
        if (value instanceof .internal.char)
            return value.toString();
        if (value instanceof .internal.int)
            return .internal.string.fromCodePoint(value);
        throw new .internal.error.argument("format: %c wants a character, and here is \{describe(value)}");
    }

    private any whole(any value, char kind) {
        if (value instanceof .internal.int || value instanceof .internal.long || value instanceof .phantom.bigint)
            return value;
        if (value instanceof .internal.double && isWhole(value))
            return (long) (double) value;
        throw new .internal.error.argument("format: %\{kind} wants a whole number, and here is \{describe(value)}");
    }

    // [1, 2.5] is an array of doubles, so an int of it comes as a double.
    private static boolean isWhole(double value) {
        return .internal.math.abs(value) < 9.2e18 && .internal.math.floor(value) == value;
    }

    private double real(any value, char kind) {
        if (value instanceof .phantom.bigint || value instanceof .phantom.rational)
            return value.toDouble();
        try {
            return (double) value;
        } catch (.internal.error e) {
            throw new .internal.error.argument("format: %\{kind} wants a number, and here is \{describe(value)}");
        }
    }

    private static string describe(any value) {
        return value == null ? "null" : "a " + value.getClass().name();
    }

    private void number(double value, char kind) {
        int places = digits < 0 ? 6 : digits;
        if (!value.isFinite())
            zeroes = false;
        if (kind == 'f' || !value.isFinite())
            signed(value.toFixed(places));
        else
            signed(scientific(value, places));
    }

    // A number's text goes in, with its sign, and commas if they are wanted.
    private void signed(string text) {
        string sign = plus ? "+" : "";
        if (text.startsWith("-")) {
            sign = "-";
            text = text.substring(1);
        }
        pad(commas ? grouped(text) : text, sign);
    }

    private static string grouped(string text) {
        int whole = 0;
        builder result = new builder();
        while (whole < text.length() && text.charAt(whole).isDigit())
            whole++;
        for (int i = 0; i < whole; i++) {
            if (i > 0 && (whole - i) % 3 == 0)
                result.addChar(',');
            result.addChar(text.charAt(i));
        }
        return result.add(text.substring(whole)).toString();
    }

    private static string inRadix(any value, char kind) {
        int radix = kind == 'b' ? 2 : kind == 'o' ? 8 : 16;
        string text = value instanceof .phantom.bigint ? value.toString(radix) : bits(value, radix);
        return kind == 'X' ? text.toUpper() : text;
    }

    private static string bits(any value, int radix) {
        long number = value;
        int shift = radix == 2 ? 1 : radix == 8 ? 3 : 4;
        builder text = new builder();
        if (value instanceof .internal.int)
            number = number & 0xffffffffL;
        do {
            int digit = (int) number & (radix - 1);
            text.addChar((char) (digit < 10 ? '0' + digit : 'a' + digit - 10));
            number = number >>> shift;
        } while (number != 0L);
        return text.toString().reverse();
    }

    private void pad(string text, string sign) {
        int missing = width - text.length() - sign.length();
        if (left)
            out.add(sign).add(text);
        if (zeroes && !left)
            out.add(sign);
        for (; missing > 0; missing--)
            out.addChar(zeroes && !left ? '0' : ' ');
        if (!left)
            out.add(zeroes ? "" : sign).add(text);
    }

    // A finite number as 1.25e+03, with `places` digits behind the point, rounded from the shortest text.
    static string scientific(double value, int places) {
        string text = value.toString().toLower();
        if (text.startsWith("-"))
            return "-" + scientific(-value, places);
        string mantissa = text.before("e");
        string all = mantissa.replace(".", "");
        int zeroes = 0;
        while (zeroes < all.length() - 1 && all.charAt(zeroes) == '0')
            zeroes++;
        int exponent = text.contains("e") ? text.after("e").toInt() : 0;
        exponent = value == 0.0 ? 0 : exponent + mantissa.before(".").length() - zeroes - 1;
        string shown = rounded(all.substring(zeroes), places + 1);
        if (shown.length() > places + 1)
            exponent++;
        return shown.substring(0, 1) + (places > 0 ? "." + shown.substring(1, places) : "") +
            (exponent < 0 ? "e-" : "e+") + .internal.math.abs(exponent).toString().padLeft(2, '0');
    }

    // The first `keep` digits, half away from zero; one more where 99 becomes 100.
    private static string rounded(string all, int keep) {
        if (all.length() <= keep)
            return all.padRight(keep, '0');
        .internal.chars kept = all.substring(0, keep).toChars();
        int i = keep - 1;
        if (all.charAt(keep) < '5')
            return all.substring(0, keep);
        while (i >= 0 && kept[i] == '9') {
            kept[i] = '0';
            i--;
        }
        if (i < 0)
            return "1" + .internal.string.fromChars(kept, 0, keep);
        kept[i] = (char) (kept[i] + 1);
        return .internal.string.fromChars(kept, 0, keep);
    }
}
