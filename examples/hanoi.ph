// hanoi.ph - killed in the middle of a recursion, it goes on in the middle of that recursion.
//
// The towers of Hanoi: the state of the game is in the arrays, but how far the solution has come is only in
// the frames of `move`, some of them half done. Those lie in the volume too. Try:
//
//     phantom new hanoi.phantom
//     phantom run hanoi.phantom examples/hanoi.ph 8          and kill -9 it, as often as you like
//     phantom run hanoi.phantom

int discs = args().size() > 0 ? args()[0].toInt() : 6;
int pause = args().size() > 1 ? args()[1].toInt() : 100;
int steps = 0;
any pegs = [[], [], []];

void show(string what) {
    println("\{steps}. \{what}: \{pegs[0]} \{pegs[1]} \{pegs[2]}");
}

void move(int count, int from, int to, int by) {
    if (count == 0)
        return;
    move(count - 1, from, by, to);
    any disc = pegs[from].pop();
    if (pegs[to].size() > 0 && pegs[to].last() < disc)
        throw "a disc on a smaller one";
    pegs[to].add(disc);
    steps++;
    show("\{from} to \{to}");
    sleep(pause);
    move(count - 1, by, to, from);
}

for (int disc = discs; disc > 0; disc--)
    pegs[0].add(disc);
show("start");
move(discs, 0, 2, 1);
println("done in \{steps} moves");
