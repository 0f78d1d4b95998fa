// message.ph - numbers that one thread sends to another through a channel with room for 64.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

class sender {
    private const channel to;
    private const int count;

    void sender(channel to0, int count0) {
        to = to0;
        count = count0;
    }

    void run() {
        for (int i = 1; i <= count; i++)
            to.send(i);
        to.close();
    }
}

long received(channel from) {
    long sum = 0L;
    foreach (int item in from)
        sum += item;
    return sum;
}

int count = args().size() > 0 ? args()[0].toInt() : 1000;
channel between = new channel(64);
spawn(new sender(between, count));
long found = received(between);
if (found != (count + 1L) * count / 2)
    throw "message: \{found} is wrong";
println("message: \{count}");
