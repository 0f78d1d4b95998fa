// A set of characters, as [a-z\d] has it.

package .phantom.regex;

import .internal.container.array;

class charset {
    private array ranges = new array(); // from, to, from, to ...
    private string kinds = "";          // dwsDWS
    private .internal.bytes low = new .internal.bytes(256);
    boolean negated;

    void addRange(int from, int to) {
        ranges.add(from);
        ranges.add(to);
    }

    void addKind(char kind) {
        kinds = kinds + kind;
    }

    // All is added: from here on `has` is quick for Latin-1.
    void finish(boolean folds) {
        for (int i = 0; i < 256; i++)
            low[i] = isIn(i, folds) ? 1 : 0;
    }

    boolean has(int point, boolean folds) {
        return point < 256 ? low[point] != 0 : isIn(point, folds);
    }

    private boolean isIn(int point, boolean folds) {
        boolean there = holds(point);
        if (!there && folds && point < 65536)
            there = holds((int) ((char) point).toUpper()) || holds((int) ((char) point).toLower());
        return there != negated;
    }

    private boolean holds(int point) {
        for (int i = 0; i < ranges.size(); i += 2) {
            if (point >= (int) ranges.get(i) && point <= (int) ranges.get(i + 1))
                return true;
        }
        for (int i = 0; i < kinds.length(); i++) {
            char kind = kinds.charAt(i);
            if (isOfKind(point, kind.toLower()) == kind.isLower())
                return true;
        }
        return false;
    }

    static boolean isOfKind(int point, char kind) {
        if (point > 65535)
            return kind == 'w';
        char c = (char) point;
        return kind == 'd' ? c.isDigit() : kind == 'w' ? c.isWord() : c.isSpace();
    }
}
