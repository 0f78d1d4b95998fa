// The console, as the window of text that the original's programs write to. What moves and colours it are the
// escape sequences of a terminal; where there is none, they stand in the output.

package .internal.io;

class tty {
    private string line;     // that was read; null before the first
    private int at;          // how much of it was asked for

    // The next character of the input, 10 at the end of a line; -1 when there is no more.
    int getwc() [16] {
        if (line == null || at > line.length()) {
            line = .internal.system.readln();
            at = 0;
        }
        if (line == null)
            return -1;
        int c = at == line.length() ? 10 : line.charAt(at);
        at++;
        return c;
    }

    // Any object as text.
    void putws(any text) [17] {
        .internal.system.print(text);
    }

    // Any object as text, and the end of the line.
    void debug(any text) [18] {
        .internal.system.println(text);
    }

    // Move the cursor to a column and a row, from 0.
    void gotoxy(int x, int y) [19] {
        .internal.system.print("\x1b[\{y + 1};\{x + 1}H");
    }

    // Forget what is on the screen; the cursor goes to the first place.
    void clear() [20] {
        .internal.system.print("\x1b[2J\x1b[H");
    }

    // The colour of the text: 0 black, 1 red, 2 green, 3 yellow, 4 blue, 5 magenta, 6 cyan, 7 white; 8 to 15 are the
    // bright ones.
    void setcolor(int colour) [21] {
        paint(30, colour);
    }

    // Move the window to a place of the screen.
    void moveWindow(int x, int y) [24] {
        .internal.system.print("\x1b[3;\{x};\{y}t");
    }

    // What stands above the window; control characters are left out.
    void setTitle(string title) [25] {
        string shown = "";
        foreach (c in title) {
            if (c >= ' ' && c != '\x7f')
                shown += c;
        }
        .internal.system.print("\x1b]0;\{shown}\x07");
    }

    // The colour behind the text, numbered like that.
    void setbgcolor(int colour) [26] {
        paint(40, colour);
    }

    private void paint(int first, int colour) {
        if (colour < 0 || colour > 15)
            throw new .internal.error.argument("a colour is 0 to 15, not \{colour}");
        .internal.system.print("\x1b[\{colour < 8 ? first + colour : first + 52 + colour}m");
    }
}
