// A line that a person types, key by key: editing, history, completion. All of it persists, the line in the making too.
//
// The line is shown on one row of the terminal, however wide that is now; of a longer one the part around the cursor. Places
// are units of the text, and a character is what stands between two places of the cursor: with its accents, and both halves of it. Keys: left, right, home,
// end (also Ctrl-B F A E); by words with Alt-B, Alt-F, Ctrl-left, Ctrl-right; backspace, delete; Ctrl-K cuts to
// the end, Ctrl-U to the beginning, Ctrl-W the word before, Ctrl-Y puts it back; up, down (Ctrl-P N) through the history, Ctrl-R
// searches it; Tab completes; Ctrl-L clears the screen; Ctrl-D at an empty line is the end.

package .phantom.shell;

class editor {
    private static const int COLUMNS = 80;      // of a terminal that does not say
    private static const int COLUMNS_LEAST = 4; // of the row, behind the prompt
    private static const int HISTORY_MAX = 1000;

    private any completions;    // fun (before, word): what the word may become
    private string prompt = "";
    private string text = "";
    private int cursor;
    private int shown;          // units of the text that stand on the terminal, all from its beginning; -1: draw anew
    private int columns;        // of the terminal, when it was drawn
    private int drawn;          // columns before the cursor, prompt and all; 0: the row is empty
    private string typed = "";  // keys that were pressed and not looked at
    private string taken = "";  // by the last cut
    private string[] history = [];
    private int at;             // the line of the history that is shown; its size: the new one
    private string draft = "";  // the new one, meanwhile

    // `completions`, given what stands before a word and its begin, gives the words that it may become, in an array.
    void editor(any completions0) {
        completions = completions0;
    }

    // A line; null when there is nobody any more.
    string read(string prompt0) {
        .internal.console.expectKeys();
        prompt = prompt0;
        drawn = 0;
        replace("");
        at = history.size();
        while (true) {
            string key = next();
            if (key == null || (key == "\x04" && text == ""))
                return null;
            if (key == "\r" || key == "\n")
                return finish();
            act(key);
        }
    }

    // What was typed ahead is not wanted any more.
    void forget() {
        typed = "";
    }

    // ---- keys ----

    // A character, or the sequence that a special key sends. Shows the line before it waits.
    private string next() {
        while (true) {
            int length = keyLength(typed);
            if (length > 0) {
                string key = typed.substring(0, length);
                typed = typed.substring(length);
                return key;
            }
            draw();
            string more = .internal.console.readKeys();
            if (more == null)
                return null;
            if (more == "")
                shown = -1;
            typed = typed + more;
        }
    }

    // Of the first key; 0 if it is not whole.
    private static int keyLength(string keys) {
        int length = keys.length();
        if (length == 0 || (keys.charAt(0) != '\x1b' && !isHalf(keys.charAt(0))))
            return length == 0 ? 0 : 1;
        if (length == 1)
            return 0;
        if (isHalf(keys.charAt(0)) || (keys.charAt(1) != '[' && keys.charAt(1) != 'O'))
            return 2;
        int end = 2;
        while (end < length && (isDigit(keys.charAt(end)) || keys.charAt(end) == ';'))
            end++;
        return end == length ? 0 : end + 1;
    }

    private static boolean isHalf(char c) {
        return c >= 55296 && c < 56320;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private void act(string key) {
        switch (key) {
            case "\x02": case "\x1b[D": case "\x1bOD": move(before(cursor)); break;
            case "\x06": case "\x1b[C": case "\x1bOC": move(behind(cursor)); break;
            case "\x01": case "\x1b[H": case "\x1bOH": case "\x1b[1~": case "\x1b[7~": move(0); break;
            case "\x05": case "\x1b[F": case "\x1bOF": case "\x1b[4~": case "\x1b[8~": move(text.length()); break;
            case "\x1bb": case "\x1b[1;5D": case "\x1b[1;3D": move(wordBefore()); break;
            case "\x1bf": case "\x1b[1;5C": case "\x1b[1;3C": move(wordBehind()); break;
            case "\x10": case "\x1b[A": case "\x1bOA": older(); break;
            case "\x0e": case "\x1b[B": case "\x1bOB": newer(); break;
            default: change(key);
        }
    }

    private void change(string key) {
        switch (key) {
            case "\x08": case "\x7f": cut(before(cursor), cursor, false); break;
            case "\x04": case "\x1b[3~": cut(cursor, behind(cursor), false); break;
            case "\x0b": cut(cursor, text.length(), true); break;
            case "\x15": cut(0, cursor, true); break;
            case "\x17": cut(wordBefore(), cursor, true); break;
            case "\x19": insert(taken); break;
            case "\x12": search(); break;
            case "\t": tab(); break;
            case "\x0c": print("\x1b[H\x1b[2J"); drawn = 0; shown = -1; break;
            default:
                if (isText(key))
                    insert(key);
                else
                    bell();
        }
    }

    // No control character, and none of the sequences that begin with one.
    private static boolean isText(string key) {
        char first = key.charAt(0);
        return first >= ' ' && (first < '\x7f' || first > '\x9f');
    }

    private static void bell() {
        print("\x07");
    }

    // ---- the line ----

    private void move(int to) {
        if (to < 0 || to > text.length()) {
            bell();
            return;
        }
        cursor = to;
        shown = -1;
    }

    private void insert(string more) {
        boolean atEnd = cursor == text.length();
        text = text.substring(0, cursor) + more + text.substring(cursor);
        cursor += more.length();
        if (!atEnd)
            shown = -1;
    }

    private void replace(string line) {
        text = line;
        cursor = line.length();
        shown = -1;
    }

    private void cut(int from, int to, boolean keep) {
        if (from < 0 || to > text.length() || from == to) {
            bell();
            return;
        }
        if (keep)
            taken = text.substring(from, to - from);
        text = text.substring(0, from) + text.substring(to);
        cursor = from;
        shown = -1;
    }

    // Can it stand in a name?
    static boolean isOfWord(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '_' || c == '$' || c > '\x7f';
    }

    // Where the character before a place begins; -1 at the beginning.
    private int before(int place) {
        int to = place;
        do {
            to--;
            if (to > 0 && isHalf(text.charAt(to - 1)))
                to--;
        } while (to > 0 && code_point.columnsOf(text.codePointAt(to)) == 0);
        return to;
    }

    // Where the character that begins at a place has ended; more than there is at the end.
    private int behind(int place) {
        int length = text.length();
        int to = place;
        do {
            to += to < length && text.codePointAt(to) > 65535 ? 2 : 1;
        } while (to < length && code_point.columnsOf(text.codePointAt(to)) == 0);
        return to;
    }

    private int wordBefore() {
        int to = cursor;
        while (to > 0 && !isOfWord(text.charAt(to - 1)))
            to--;
        while (to > 0 && isOfWord(text.charAt(to - 1)))
            to--;
        return to;
    }

    private int wordBehind() {
        int to = cursor;
        while (to < text.length() && !isOfWord(text.charAt(to)))
            to++;
        while (to < text.length() && isOfWord(text.charAt(to)))
            to++;
        return to;
    }

    // ---- the terminal ----

    // How many columns the text may take; one is left for the cursor behind it.
    private int room() {
        return most(columns - 1 - prompt.columns(), COLUMNS_LEAST);
    }

    // What was only added at the end is all that has to be shown, as long as the row has room.
    private void draw() {
        measure();
        if (shown < 0 || shown > text.length() || cursor < text.length()) {
            drawAnew();
        } else if (shown < cursor) {
            string more = text.substring(shown);
            int after = drawn + more.columns();
            if (after >= columns) {
                drawAnew();
                return;
            }
            print(more);
            shown = cursor;
            drawn = after;
        }
    }

    // A terminal that has become so narrow that the row has none any more made several of it.
    private void measure() {
        int now = .internal.console.columns();
        if (now == 0)
            now = COLUMNS;
        if (now == columns)
            return;
        if (now <= drawn)
            print("\x1b[\{drawn / now}A\r\x1b[J");
        columns = now;
        shown = -1;
    }

    private void drawAnew() {
        int from = backFrom(cursor, room() / 2);
        int to = onFrom(from, room());
        if (to == text.length())
            from = backFrom(to, room());
        drawn = prompt.columns() + text.slice(from, cursor).columns();
        print("\r" + prompt + text.slice(from, to) + "\x1b[K\r\x1b[\{drawn}C");
        shown = from == 0 && cursor == text.length() ? cursor : -1;
    }

    // The first place from which to `to` there are no more than so many columns.
    private int backFrom(int to, int most) {
        int from = to;
        int count = 0;
        while (from > 0) {
            int earlier = before(from);
            count += text.slice(earlier, from).columns();
            if (count > most)
                break;
            from = earlier;
        }
        return from;
    }

    // The last place to which from `from` there are no more than so many columns.
    private int onFrom(int from, int most) {
        int to = from;
        int count = 0;
        while (to < text.length()) {
            int later = behind(to);
            count += text.slice(to, later).columns();
            if (count > most)
                break;
            to = later;
        }
        return to;
    }

    private static int most(int a, int b) {
        return a > b ? a : b;
    }

    private string finish() {
        if (shown != text.length())
            print("\r" + prompt + text + "\x1b[K");
        println();
        remember(text);
        return text;
    }

    // ---- history ----

    private void remember(string line) {
        if (line.trim() == "" || (!history.isEmpty() && history.last() == line))
            return;
        if (history.size() == HISTORY_MAX)
            history.removeFirst();
        history.add(line);
    }

    private void older() {
        if (at == 0) {
            bell();
            return;
        }
        if (at == history.size())
            draft = text;
        at--;
        replace(history[at]);
    }

    private void newer() {
        if (at == history.size()) {
            bell();
            return;
        }
        at++;
        replace(at == history.size() ? draft : history[at]);
    }

    // Backwards, from the line before `from`; -1: there is none.
    private int find(string part, int from) {
        int i = from - 1;
        while (i >= 0 && !history[i].contains(part))
            i--;
        return i;
    }

    // Ctrl-R: the newest line that contains what is typed then; again: the one before. Any other key goes on with it.
    private void search() {
        string part = "";
        int found = history.size();
        string outer = prompt;
        while (true) {
            prompt = "(search) \{part}: ";
            shown = -1;
            string key = next();
            int better = -1;
            if (key == "\x12")
                better = find(part, found);
            else if (key != null && isText(key))
                better = find(part + key, history.size());
            else {
                prompt = outer;
                shown = -1;
                if (key != null)
                    typed = key + typed;
                return;
            }
            if (better < 0) {
                bell();
                continue;
            }
            if (key != "\x12")
                part = part + key;
            found = better;
            at = found;
            replace(history[found]);
        }
    }

    // ---- completion ----

    // In the middle of what was pasted it is only space.
    private void tab() {
        int from = cursor;
        while (from > 0 && isOfWord(text.charAt(from - 1)))
            from--;
        string word = text.substring(from, cursor - from);
        string before = text.substring(0, from);
        if (typed != "" || (word == "" && !before.endsWith("."))) {
            insert("    ");
            return;
        }
        string[] found = completions.call(before, word);
        string more = found.isEmpty() ? "" : common(found).substring(word.length());
        if (more != "")
            insert(more);
        else if (found.size() > 1)
            list(found);
        else
            bell();
    }

    // What all of them begin with.
    private static string common(string[] words) {
        string result = words[0];
        foreach (string word in words) {
            int i = 0;
            while (i < result.length() && i < word.length() && result.charAt(i) == word.charAt(i))
                i++;
            result = result.substring(0, i);
        }
        return result;
    }

    // On one row, or in columns.
    private void list(string[] words) {
        int cell = 2 + (int) words.map(fun (string word) { return word.columns(); }).max();
        int perRow = words.join("  ").columns() < columns ? words.size() : most((columns - 1) / cell, 1);
        string row = "";
        println();
        for (int i = 0; i < words.size(); i++) {
            if (i % perRow == perRow - 1 || i == words.size() - 1) {
                println(row + words[i]);
                row = "";
            } else if (perRow == words.size()) {
                row += words[i] + "  ";
            } else {
                row += words[i] + " ".repeat(cell - words[i].columns());
            }
        }
        drawn = 0;
        shown = -1;
    }
}
