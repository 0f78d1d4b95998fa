// A line that a person types, key by key: editing, history, completion. All of it persists, the line in the making too.
//
// The line is shown on one row of the terminal; of a longer one the part around the cursor. Keys: left, right, home,
// end (also Ctrl-B F A E); by words with Alt-B, Alt-F, Ctrl-left, Ctrl-right; backspace, delete; Ctrl-K cuts to
// the end, Ctrl-U to the beginning, Ctrl-W the word before, Ctrl-Y puts it back; up, down (Ctrl-P N) through the history, Ctrl-R
// searches it; Tab completes; Ctrl-L clears the screen; Ctrl-D at an empty line is the end.

package .phantom.shell;

class editor {
    private static const int COLUMNS = 79;
    private static const int HISTORY_MAX = 1000;

    private any completions;    // fun (before, word): what the word may become
    private string prompt = "";
    private string text = "";
    private int cursor;
    private int shown;          // characters of the text that stand on the terminal, all from its beginning; -1: draw anew
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
            case "\x02": case "\x1b[D": case "\x1bOD": move(cursor - 1); break;
            case "\x06": case "\x1b[C": case "\x1bOC": move(cursor + 1); break;
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
            case "\x08": case "\x7f": cut(cursor - 1, cursor, false); break;
            case "\x04": case "\x1b[3~": cut(cursor, cursor + 1, false); break;
            case "\x0b": cut(cursor, text.length(), true); break;
            case "\x15": cut(0, cursor, true); break;
            case "\x17": cut(wordBefore(), cursor, true); break;
            case "\x19": insert(taken); break;
            case "\x12": search(); break;
            case "\t": tab(); break;
            case "\x0c": print("\x1b[H\x1b[2J"); shown = -1; break;
            default:
                if (key.charAt(0) >= ' ' && key.charAt(0) != '\x7f')
                    insert(key);
                else
                    bell();
        }
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

    // What was only added at the end is all that has to be shown, as long as the row has room.
    private void draw() {
        int width = COLUMNS - prompt.length();
        if (shown >= 0 && shown <= text.length() && cursor == text.length() && cursor <= width) {
            if (shown < cursor)
                print(text.substring(shown));
            shown = cursor;
            return;
        }
        int from = least(cursor - width / 2, text.length() - width);
        if (from < 0)
            from = 0;
        int count = least(width, text.length() - from);
        string row = "\r" + prompt + text.substring(from, count) + "\x1b[K\r";
        print(row + "\x1b[\{prompt.length() + cursor - from}C");
        shown = from == 0 && cursor == text.length() ? cursor : -1;
    }

    private static int least(int a, int b) {
        return a < b ? a : b;
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
            else if (key != null && key.length() == 1 && key.charAt(0) >= ' ' && key.charAt(0) != '\x7f')
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

    private void list(string[] words) {
        println();
        println(words.join("  "));
        shown = -1;
    }
}
