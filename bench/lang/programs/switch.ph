// switch.ph - two threads that hand the turn to each other, and the processor with it: what a switch costs.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

class turn {
    int owner;
}

class runner {
    private const turn shared;
    private const int me;
    private const int count;
    int turns;

    void runner(turn shared0, int me0, int count0) {
        shared = shared0;
        me = me0;
        count = count0;
    }

    void run() {
        while (turns < count) {
            if (shared.owner == me) {
                shared.owner = 1 - me;
                turns++;
            }
            thread.yield();
        }
    }
}

int count = args().size() > 0 ? args()[0].toInt() : 1000;
turn shared = new turn();
runner first = new runner(shared, 0, count / 2);
runner second = new runner(shared, 1, count / 2);
thread other = spawn(second);
spawn(first).join();
other.join();
if (first.turns + second.turns != count / 2 * 2)
    throw "switch: \{first.turns} and \{second.turns} are wrong";
println("switch: \{count}");
