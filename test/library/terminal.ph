// terminal.ph - the console as the original's programs know it. What it is sent is escape sequences; a title may not
// bring its own.

import .support.check;

.internal.io.tty window = new .internal.io.tty();

void input() {
    string read = "";
    int c = window.getwc();
    while (c != -1) {
        read += c == 10 ? "/" : "" + (char) c;
        c = window.getwc();
    }
    check.same(read, "ab//\u00e9/", "getwc, with the ends of lines");
    check.same(window.getwc(), -1, "getwc after the end");
    check.part("input");
}

void output() {
    window.clear();
    window.gotoxy(2, 4);
    window.setcolor(1);
    window.setbgcolor(12);
    window.putws("red on bright blue");
    window.putws(5);
    window.debug(null);
    window.moveWindow(10, 20);
    window.setTitle("a \"title\"\x07\x1b[31m\x7f");
    println();
}

void wrong() {
    check.fails("a colour is 0 to 15, not 16", fun () { window.setcolor(16); return null; });
    check.fails("a colour is 0 to 15, not -1", fun () { window.setbgcolor(-1); return null; });
    check.part("wrong colours");
}

input();
output();
wrong();
