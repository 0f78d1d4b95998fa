// spawn.ph - threads that are started, do next to nothing, and are waited for, one after the other.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

class child {
    int done;

    void run() {
        done++;
    }
}

int count = args().size() > 0 ? args()[0].toInt() : 100;
child one = new child();
for (int i = 0; i < count; i++)
    spawn(one).join();
if (one.done != count)
    throw "spawn: \{one.done} is wrong";
println("spawn: \{count}");
