// queens.ph - a long search that is never lost, and a snapshot on demand.
//
// Places n queens on a board of n by n so that none attacks another, and counts the ways. Each time a
// milestone is reached it asks for a snapshot and waits until it is safe on the disk; what is printed then can
// never be forgotten again. Without that it would not be lost either, only a second or so of the search. Try:
//
//     phantom run v.phantom examples/queens.ph 10       and kill it while it searches

class board {
    int size;
    .internal.ints columns;     // where the queen of each row stands
    long found;
    long tried;

    void board(int side) {
        size = side;
        columns = new .internal.ints(side);
    }

    boolean isFree(int row, int column) {
        for (int other = 0; other < row; other++) {
            int there = columns[other];
            if (there == column || there - column == row - other || column - there == row - other)
                return false;
        }
        return true;
    }

    void place(int row) {
        if (row == size) {
            found++;
            if (found == 1L)
                println("first way: " + describe());
            return;
        }
        for (int column = 0; column < size; column++) {
            tried++;
            if (!isFree(row, column))
                continue;
            columns[row] = column;
            place(row + 1);
            if (row == 0)
                milestone(column + 1);
        }
    }

    void milestone(int column) {
        .internal.snapshot.commit();
        println("first queen up to column \{column}: \{found} ways, \{tried} tries, safe on the disk");
    }

    string describe() {
        any places = [];
        for (int row = 0; row < size; row++)
            places.add(columns[row] + 1);
        return places.join(" ");
    }
}

int n = args().size() > 0 ? args()[0].toInt() : 6;
board game = new board(n);
game.place(0);
println("\{n} queens: \{game.found} ways");
