// The prompt. What is typed becomes code at once (.internal.compiler); its variables, functions and classes are
// those of this program, and live as long as the volume.
//
// A text runs in a thread of its own, and this one waits for it; so Ctrl-C can stop the text and leave the shell.
// Read `run` first.

package .phantom.shell;

class shell {
    // Who gets an interrupt when somebody presses Ctrl-C: the shell, which waits for a line or for the disk, the text
    // that runs or is about to, or nobody.
    private static const int BUSY = 0;
    private static const int WAITING = 1;
    private static const int PREPARING = 2;
    private static const int RUNNING = 3;

    // How long a text that was interrupted may go on before the shell no longer waits for it.
    private static const long PATIENCE_MS = 1000L;

    // So many of the newest snapshots are told of.
    private static const int NEWEST_MAX = 20;

    private static const string WORDS = "abstract break case catch class continue default do else extends finally for "
        + "foreach if implements import instanceof interface new null private public return static super switch "
        + "synchronized this throw try while var void any boolean char int long float double string true false "
        + "help names look programs threads stop remove snapshot snapshots keep stat log exit "
        + "print println readln sleep time nanos spawn random wait notify notifyAll";

    private static shell latest;    // that is the first of its program

    private .phantom.shell.scope known = new scope();   // others of the program share it, who lock it
    private .phantom.shell.editor editor;
    private .internal.thread self;
    private statement current;           // that runs, or ran last
    private .internal.thread running;    // its thread
    private boolean attached;   // to a machine that runs: when it is left this shell is over
    private int state = BUSY;
    private boolean broken;     // Ctrl-C, for the text that is about to run
    private string begun = "";  // the begin of a text that wants more lines

    // Talk to whoever is at the console, for ever.
    void run() {
        self = .internal.thread.current();
        begin();
        latest = this;
        talk();
    }

    // The same from the next start of the machine on: until then there are only those who attach.
    void stay() {
        self = .internal.thread.current();
        begin();
        latest = this;
        .internal.machine.awaitRestart(.internal.machine.run());
        talk();
    }

    private void talk() {
        editor = new .phantom.shell.editor(fun (before, word) { return completions(before, word); });
        spawn(fun () { watch(); }, "shell.break");
        println("Phantom. What you define here stays. Type `help` for help.");
        while (true)
            tryRound();
    }

    // Where the thread begins that talks to one who attaches to the running machine (core/vm/attach.c). What was
    // defined at the other prompts of the program is known here, and the other way round.
    private static void attach() {
        while (latest == null || !latest.self.isAlive())
            sleep(5L);
        new shell().serve(latest);
    }

    private void serve(shell first) {
        attached = true;
        self = .internal.thread.current();
        known = first.known;
        editor = new .phantom.shell.editor(fun (before, word) { return completions(before, word); });
        spawn(fun () {
            while (.internal.console.isAttached())
                watchOnce();
        }, "shell.break");
        println("Phantom. This volume runs, and goes on when you leave. Type `help` for help.");
        while (.internal.console.isAttached())
            tryRound();
    }

    // Whatever goes wrong, such as a full volume: what was defined is worth more than one text.
    private void tryRound() {
        try {
            round();
        } catch (e) {
            turn(BUSY);
            begun = "";
            print(statement.describe(e));
        }
    }

    // What programs may be given: nothing of the shell's own but a way out that keeps it alive.
    private void begin() {
        define("void exit(int status) { println(\"type `exit` alone to leave; the shell itself goes on\"); }");
    }

    private void round() {
        string line = read();
        if (line == null) {
            leave();
            return;
        }
        if (begun == "" && command(line.trim()))
            return;
        string text = begun == "" ? line : begun + "\n" + line;
        begun = "";
        evaluate(text, false);
    }

    // ---- reading ----

    // A line; "" after Ctrl-C; null when there is nobody any more.
    private string read() {
        try {
            turn(WAITING);
            string line = .internal.console.isPerson() ? editor.read(prompt()) : readPlain();
            if (!turn(PREPARING))
                return line;
        } catch (.internal.error.interrupt e) {
            // What was typed is dropped, as it is when the interrupt comes a moment later.
        }
        turn(BUSY);
        println("^C");
        begun = "";
        editor.forget();
        return "";
    }

    // From a file, or another program.
    private string readPlain() {
        print(prompt());
        return readln();
    }

    private string[] completions(string before, string word) {
        string[] found = [];
        synchronized (known) {
            found = before.endsWith(".") ? new members(known).behind(before) : known.names();
        }
        found = found.filter(fun (name) { return name.startsWith(word); });
        if (before.endsWith("."))
            return found;
        foreach (string name in WORDS.words())
            if (name.startsWith(word) && !found.has(name))
                found.add(name);
        found.sort();
        return found;
    }

    private string prompt() {
        return begun == "" ? "> " : "... ";
    }

    private void leave() {
        println();
        if (attached) {
            .internal.console.detach();
            return;
        }
        if (!.internal.console.leave())
            println("this console cannot be left; stop the machine as a whole");
        else if (begun != "")
            println("... " + begun.replace("\n", "\n... "));
    }

    // ---- Ctrl-C ----

    // From here on an interrupt means somebody else. True if one had come that nobody has noticed yet.
    private synchronized boolean turn(int to) {
        state = to;
        broken = false;
        return .internal.thread.interrupted();
    }

    private synchronized void stop() {
        if (state == WAITING)
            self.interrupt();
        if (state == PREPARING)
            broken = true;
        if (state != RUNNING)
            return;
        current.stop();
        running.interrupt();
    }

    private void watch() {
        while (true)
            watchOnce();
    }

    private void watchOnce() {
        try {
            .internal.console.awaitBreak();
            stop();
        } catch (e) {
            print(statement.describe(e));
        }
    }

    // ---- texts ----

    private string nextName() {
        return "line\{known.count + 1}";
    }

    // A text as code; null after a message, or if it wants more.
    private any compile(string text) {
        any code = .internal.compiler.compile(nextName(), text, known.text());
        if (code == null)
            begun = text;
        if (code == null || code instanceof .internal."class")
            return code;
        print((string) code);
        return null;
    }

    private any define(string text) {
        synchronized (known) {
            any code = compile(text);
            if (code != null) {
                known.count++;
                known.add(.internal.compiler.interfaceOf((.internal."class") code), (.internal."class") code);
            }
            return code;
        }
    }

    private void evaluate(string text, boolean looks) {
        any code = define(text);
        if (code == null)
            return;
        if (start(new statement((.internal."class") code, looks)))
            finish();
        else
            println("^C");
    }

    // False if somebody has pressed Ctrl-C already.
    private synchronized boolean start(statement begins) {
        if (broken)
            return false;
        current = begins;
        running = spawn(begins, "shell.text");
        state = RUNNING;
        return true;
    }

    private void finish() {
        current.await();
        running.join(PATIENCE_MS);
        turn(BUSY);
        secure();
        if (running.isAlive())
            println("it does not stop; it goes on as \{running}");
        else
            current.report();
    }

    // What a person sees the result of shall never be forgotten, so it is safe before it is shown.
    private void secure() {
        turn(WAITING);
        try {
            .internal.snapshot.commit();
        } catch (.internal.error.interrupt e) {
            println("^C  it is not safe on the disk yet");
        }
        turn(BUSY);
    }

    // ---- commands ----

    // True if the line is one: a word that means nothing else, and what it is about.
    private boolean command(string line) {
        int space = line.indexOf(" ");
        string word = space < 0 ? line : line.substring(0, space);
        string rest = space < 0 ? "" : line.substring(space + 1).trim();
        if (known.hasVariable(word))
            return false;
        switch (word) {
            case "look":
                return lookAt(rest);
            case "stop":
            case "remove":
                return end(word, rest);
        }
        return rest == "" && bare(word);
    }

    private boolean bare(string word) {
        switch (word) {
            case "help": help(); break;
            case "names": print(known.list()); break;
            case "programs": ask("app list"); break;
            case "threads": ask("ps"); break;
            case "snapshot": commit(); break;
            case "snapshots": listKept(); break;
            case "keep": ask("history pin"); break;
            case "stat": ask("stat"); break;
            case "log": listNewest(); break;
            case "exit":
            case "quit": leave(); break;
            default: return false;
        }
        return true;
    }

    private void ask(string question) {
        say(.internal.machine.ask(question));
    }

    private static void say(string text) {
        print(text.endsWith("\n") || text == "" ? text : text + "\n");
    }

    private boolean lookAt(string expression) {
        if (expression == "") {
            println("look EXPRESSION: what is in an object");
            return true;
        }
        begun = "";
        evaluate(expression, true);
        if (begun != "")
            println("the expression is not complete");
        begun = "";
        return true;
    }

    // A declaration such as `stop s;` is none of this.
    private boolean end(string word, string number) {
        int digits = 0;
        while (digits < number.length() && number.charAt(digits) >= '0' && number.charAt(digits) <= '9')
            digits++;
        if (digits < number.length())
            return false;
        if (number == "")
            println("\{word} N: the number of a program; `programs` lists them");
        else if (isShell(number))
            println("program \{number} is this shell, with all that you have defined; it stays");
        else
            ask("app \{word} \{number}");
        return true;
    }

    private static boolean isShell(string number) {
        foreach (string row in .internal.machine.ask("app list").split("\n")) {
            string[] columns = row.words(); // number, state, threads, memory and its unit, name, limits
            if (columns.size() > 5 && columns[0] == number && columns[1] == "running" && columns[5] == "shell"
                && (columns.size() == 6 || columns[6] == "(at"))
                return true;
        }
        return false;
    }

    private static void commit() {
        .internal.snapshot.commit();
        println("generation \{.internal.snapshot.generation()} is safe");
    }

    private static long secondsSince(string ns, long now) {
        return (now - ns.toLong() / 1000000L) / 1000L;
    }

    // The rows are: generation, time in nanoseconds, pages, personal time, whether it is kept, why it was taken.
    private static void listNewest() {
        long now = time();
        int count = 0;
        foreach (string row in .internal.machine.ask("log").split("\n")) {
            string[] columns = row.words();
            if (columns.size() < 6 || count == NEWEST_MAX)
                continue;
            count++;
            println("generation \{columns[0]}, \{secondsSince(columns[1], now)} s old, \{columns[2]} pages, "
                + "taken for \{" ".join(columns.slice(5, columns.size()))}");
        }
    }

    // The rows are: generation, time in nanoseconds, pages, blocks, how it is kept, why it was taken.
    private static void listKept() {
        string[] rows = .internal.machine.ask("history list").split("\n");
        long now = time();
        int count = 0;
        for (int i = 1; i < rows.size(); i++) {
            string[] columns = rows[i].words();
            if (columns.size() < 6)
                continue;
            println("generation \{columns[0]}, \{secondsSince(columns[1], now)} s old, kept \{columns[4]}, "
                + "taken for \{" ".join(columns.slice(5, columns.size()))}");
            count++;
        }
        println("\{count} kept; `phantom history` and `phantom rewind` go back to one");
    }

    private static void help() {
        println("Type statements, definitions or expressions; an expression shows its value:");
        println("    var n = 20;         int twice(int x) { return 2 * x; }         twice(n) + 2");
        println("A text that is not complete goes on in the next line. Ctrl-C stops what");
        println("runs, and forgets what is typed.");
        println("    names                what you have defined");
        println("    look EXPRESSION      what is in an object");
        println("    programs, threads    what else lives here");
        println("    stop N, remove N     end a program; remove what it knows, too");
        println("    snapshot             take one now, and wait until it is safe");
        println("    keep, snapshots      keep this moment, to go back to; what is kept");
        println("    stat, log            numbers; the newest snapshots");
        println("    help                 this");
        println("    exit, or Ctrl-D      leave; everything stays as it is");
        println("Keys: arrows, home, end; Tab completes; up and Ctrl-R find what was typed");
        println("before; Ctrl-K cuts, Ctrl-Y puts back.");
    }
}
