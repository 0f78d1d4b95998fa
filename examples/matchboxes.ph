// matchboxes.ph - learns to play noughts and crosses, and never stops learning.
//
// Donald Michie built this in 1961 of 304 matchboxes with beads in them: a box for each position, a colour for each move; who
// wins gets beads, who loses gives one away. What a machine has learned is usually what its authors remember to save:
// weights, every thousand games, in a file with a format. Here the boxes are objects in a map. Train it in the
// background for a year, and play against it in between; no power cut makes it forget a bead. Try:
//
//     phantom new boxes.phantom
//     phantom run boxes.phantom examples/matchboxes.ph
//
// and type: play, 5, ... , rate, train 500, rate, start, stop, box; help tells the rest. Leave with Ctrl-C or kill -9, and go on
// with phantom run boxes.phantom. What stands behind the program's name is obeyed before what is typed.

const string EMPTY = ".........";
const int[][] LINES = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];

// The eight ways to turn and mirror a board: where each place comes from.
const int[][] TURNS = [[0, 1, 2, 3, 4, 5, 6, 7, 8], [6, 3, 0, 7, 4, 1, 8, 5, 2], [8, 7, 6, 5, 4, 3, 2, 1, 0],
    [2, 5, 8, 1, 4, 7, 0, 3, 6], [2, 1, 0, 5, 4, 3, 8, 7, 6], [0, 3, 6, 1, 4, 7, 2, 5, 8], [6, 7, 8, 3, 4, 5, 0, 1, 2],
    [8, 5, 2, 7, 4, 1, 6, 3, 0]];

// Boards are strings of nine places, row by row: X, O or a point

string turned(string board, int[] turn) {
    return turn.map(fun (int from) { return board[from]; }).join("");
}

int[] movesOn(string board) {
    int[] moves = [];
    foreach (place in 0..8)
        if (board[place] == '.')
            moves.add(place);
    return moves;
}

string after(string board, int place, char mark) {
    return board.slice(0, place) + mark + board.substring(place + 1);
}

// X or O, - if nobody can win any more, or a blank while the game goes on.
char winner(string board) {
    foreach (line in LINES)
        if (board[line[0]] != '.' && board[line[0]] == board[line[1]] && board[line[1]] == board[line[2]])
            return board[line[0]];
    return board.contains(".") ? ' ' : '-';
}

// Players

interface player {
    // The place for the next mark.
    int move(string board, char mark);

    void gameIsOver(char won, char mine);
}

class random_player implements player {
    private const .internal.random chance;

    void random_player(long seed) {
        chance = new .internal.random(seed);
    }

    int move(string board, char mark) {
        return chance.pick(movesOn(board));
    }

    void gameIsOver(char won, char mine) {
    }
}

// Sees one move ahead: wins where it can, and lets nobody else win where it can help it.
class careful_player extends random_player {
    void careful_player(long seed) {
        super(seed);
    }

    int move(string board, char mark) {
        foreach (who in [mark, mark == 'X' ? 'O' : 'X'])
            foreach (place in movesOn(board))
                if (winner(after(board, place, who)) == who)
                    return place;
        return super.move(board, mark);
    }
}

class matchbox {
    const int[] places;
    const int[] beads = [];

    void matchbox(string board) {
        places = movesOn(board);
        foreach (place in places)
            beads.add(places.size());
    }

    // A bead without looking: the place that is its colour.
    int draw(.internal.random chance) {
        int left = chance.next(beads.sum());
        int at = 0;
        while (left >= beads[at])
            left -= beads[at++];
        return places[at];
    }

    int best() {
        return places[beads.indexOf(beads.max())];
    }

    // One bead always stays, so that no move is given up for ever.
    void reward(int place, int count) {
        int at = places.indexOf(place);
        beads[at] = math.clamp(beads[at] + count, 1, 1000);
    }
}

// A bead that was drawn: to be paid for at the end of the game.
class drawn {
    const matchbox from;
    const int place;

    void drawn(matchbox from0, int place0) {
        from = from0;
        place = place0;
    }
}

// All boxes. Several games may be played with them at a time.
class learner {
    private const matchbox[map] boxes = new matchbox[map]();
    private const .internal.random chance = new .internal.random(1961L);
    private int games;

    synchronized string size() {
        return "\{games} games, \{boxes.size()} boxes";
    }

    // The box of a board and the place in it that it gives: a bead, or its best. Both are those of the turned board.
    synchronized drawn draw(string board, boolean isBest) {
        matchbox box = boxOf(turned(board, canonical(board)));
        return new drawn(box, isBest ? box.best() : box.draw(chance));
    }

    synchronized void pay(drawn[] game, int count) {
        games++;
        foreach (bead in game)
            bead.from.reward(bead.place, count);
    }

    // Boards that differ by a turn or a mirror share a box: the turn to the one whose text comes first.
    static int[] canonical(string board) {
        return TURNS.minBy(fun (turn) { return turned(board, turn); });
    }

    private matchbox boxOf(string board) {
        return boxes.getOrSet(board, fun () { return new matchbox(board); });
    }

    // What it thinks of each place of a board.
    synchronized void show(string board) {
        int[] turn = canonical(board);
        matchbox box = boxOf(turned(board, turn));
        foreach (i in 0..<box.places.size())
            println("  \{turn[box.places[i]] + 1}: \{box.beads[i]} beads");
    }
}

// The learner as one of the two in a game.
class seat implements player {
    private const learner who;
    private const boolean isSerious;        // plays its best, and learns nothing
    private const drawn[] game = [];

    void seat(learner who0, boolean isSerious0) {
        who = who0;
        isSerious = isSerious0;
    }

    int move(string board, char mark) {
        drawn bead = who.draw(board, isSerious);
        game.add(bead);
        return learner.canonical(board)[bead.place];
    }

    void gameIsOver(char won, char mine) {
        if (!isSerious)
            who.pay(game, won == mine ? 3 : won == '-' ? 1 : -1);
    }
}

// Games

// One game between two; who won, as `winner` says.
char playOut(player x, player o) {
    string board = EMPTY;
    char mark = 'X';
    while (winner(board) == ' ') {
        player next = mark == 'X' ? x : o;
        board = after(board, next.move(board, mark), mark);
        mark = mark == 'X' ? 'O' : 'X';
    }
    x.gameIsOver(winner(board), 'X');
    o.gameIsOver(winner(board), 'O');
    return winner(board);
}

// The boxes and whoever plays with them: one at a time.
class school {
    const learner pupil = new learner();
    private const player[map] teachers = new player[map]();
    private boolean isTraining;
    private int lessons;

    void school() {
        teachers["random"] = new random_player(7L);
        teachers["careful"] = new careful_player(8L);
        spawn(this, "school");
    }

    player teacher(string name) {
        if (!teachers.has(name))
            throw new .internal.error.argument("there is no teacher `\{name}`, but \{teachers.keys().join(" and ")}");
        return teachers[name];
    }

    // The pupil begins one game, the teacher the next.
    synchronized void train(int count, player by) {
        foreach (i in 1..count)
            if (lessons++ % 2 == 0)
                playOut(new seat(pupil, false), by);
            else
                playOut(by, new seat(pupil, false));
    }

    // How it does when it does its best.
    synchronized string rate(int count, player against) {
        any results = {};
        seat serious = new seat(pupil, true);
        foreach (i in 1..count) {
            char won = i % 2 == 0 ? playOut(serious, against) : playOut(against, serious);
            results.add(won == '-' ? "draws" : won == (i % 2 == 0 ? 'X' : 'O') ? "wins" : "losses", 1);
        }
        return ["wins", "draws", "losses"].map(fun (what) { return "\{results.get(what, 0)} \{what}"; }).join(", ");
    }

    // For ever, while nobody says stop.
    void run() {
        while (true) {
            await();
            train(1, teacher("careful"));
            sleep(1);
        }
    }

    private synchronized void await() {
        while (!isTraining)
            wait(this);
    }

    synchronized void setTraining(boolean isTraining0) {
        isTraining = isTraining0;
        notifyAll(this);
    }
}

// What is typed

school boxes = new school();
string table;               // the board of the person's game; null if there is none
char myMark;
seat opponent;

void showTable() {
    foreach (row in 0..2)
        println("  " + table.substring(3 * row, 3).replace(".", "-"));
}

// The other side's move, if there is one.
void respond() {
    char its = myMark == 'X' ? 'O' : 'X';
    if (winner(table) == ' ')
        table = after(table, opponent.move(table, its), its);
    showTable();
    char won = winner(table);
    if (won == ' ')
        return;
    println(won == myMark ? "you win" : won == its ? "it wins" : "nobody wins");
    opponent.gameIsOver(won, its);
    table = null;
}

void place(int number) {
    if (table == null)
        throw new .internal.error.state("say play first");
    if (number < 1 || number > 9 || table[number - 1] != '.')
        throw new .internal.error.argument("there is no free place \{number}");
    table = after(table, number - 1, myMark);
    respond();
}

// The person begins, or the boxes do.
void begin(char mark) {
    table = EMPTY;
    myMark = mark;
    opponent = new seat(boxes.pupil, false);
    if (mark == 'X')
        println("place your X: 1 2 3 above, 7 8 9 below");
    else
        respond();
}

void report(string teacher) {
    println("\{boxes.pupil.size()}; against \{teacher}: \{boxes.rate(10, boxes.teacher(teacher))}");
}

void obey(string[] words) {
    string first = words.size() > 1 ? words[1] : "";
    string teacher = words.size() > 2 ? words[2] : "careful";
    switch (words.isEmpty() ? "" : words[0]) {
        case "":
            break;
        case "play":
            begin(first == "second" ? 'O' : 'X');
            break;
        case "train":
            boxes.train(first.toInt(), boxes.teacher(teacher));
            println(boxes.pupil.size());
            break;
        case "rate":
            report(first == "" ? "careful" : first);
            break;
        case "start":
            boxes.setTraining(true);
            break;
        case "stop":
            boxes.setTraining(false);
            println(boxes.pupil.size());
            break;
        case "box":
            boxes.pupil.show(table == null ? EMPTY : table);
            break;
        case "help":
            println("play [second], 1 to 9, box, train N [random or careful], rate [random or careful], start, stop");
            break;
        default:
            place(words[0].toInt());
    }
}

void tryTo(string line) {
    try {
        obey(line.words());
    } catch (.internal.error e) {
        println("no: \{e.message}");
    }
}

println("some matchboxes, which know nothing (help tells more)");
foreach (line in args())
    tryTo(line);
for (string line = readln(); line != null; line = readln())
    tryTo(line);
exit(0);        // the school would go on
