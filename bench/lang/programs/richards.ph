// richards.ph - the kernel of an operating system, after Martin Richards: six tasks hand packets to each other. Objects,
// fields, and calls of methods that each kind of task has its own of.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

const int IDLE = 0;
const int WORKER = 1;
const int HANDLER_A = 2;
const int HANDLER_B = 3;
const int DEVICE_A = 4;
const int DEVICE_B = 5;

const int KIND_DEVICE = 0;
const int KIND_WORK = 1;

const int DATA = 4;

class packet {
    packet link;
    int id;
    const int kind;
    int at;
    const ints data = new ints(DATA);

    void packet(packet link0, int id0, int kind0) {
        link = link0;
        id = id0;
        kind = kind0;
    }

    // This packet behind all others of a queue; the queue.
    packet appendTo(packet queue) {
        link = null;
        if (queue == null)
            return this;
        packet last = queue;
        while (last.link != null)
            last = last.link;
        last.link = this;
        return queue;
    }
}

// What a task does when it has the processor. The answer is the task that has it next.
abstract class task {
    const task link;
    const int id;
    const int priority;
    packet queue;
    boolean hasPacket;
    boolean isWaiting;
    boolean isHeld;
    const scheduler kernel;

    void task(scheduler kernel0, int id0, int priority0, packet queue0) {
        kernel = kernel0;
        id = id0;
        priority = priority0;
        queue = queue0;
        hasPacket = queue != null;
        isWaiting = true;
        link = kernel.first;
        kernel.add(this);
    }

    abstract task work(packet one);

    boolean cannotRun() {
        return isHeld || isWaiting && !hasPacket;
    }

    task run() {
        packet one = null;
        if (isWaiting && hasPacket) {
            one = queue;
            queue = one.link;
            isWaiting = false;
            hasPacket = queue != null;
        }
        return work(one);
    }

    // A packet comes from another task; who has the processor next?
    task receive(packet one, task sender) {
        if (queue != null) {
            one.appendTo(queue);
            return sender;
        }
        queue = one;
        hasPacket = true;
        return priority > sender.priority ? this : sender;
    }
}

class idle_task extends task {
    private int bits = 1;
    private int left;

    void idle_task(scheduler kernel0, int count) {
        super(kernel0, IDLE, 0, null);
        left = count;
        isWaiting = false;
    }

    task work(packet one) {
        left--;
        if (left == 0)
            return kernel.holdCurrent();
        if ((bits & 1) == 0) {
            bits = bits >> 1;
            return kernel.release(DEVICE_A);
        }
        bits = bits >> 1 ^ 0xD008;
        return kernel.release(DEVICE_B);
    }
}

class worker_task extends task {
    private int handler = HANDLER_A;
    private int letter;

    void worker_task(scheduler kernel0, packet queue0) {
        super(kernel0, WORKER, 1000, queue0);
    }

    task work(packet one) {
        if (one == null)
            return kernel.waitCurrent();
        handler = handler == HANDLER_A ? HANDLER_B : HANDLER_A;
        one.id = handler;
        one.at = 0;
        for (int i = 0; i < DATA; i++) {
            letter++;
            if (letter > 26)
                letter = 1;
            one.data[i] = letter;
        }
        return kernel.send(one);
    }
}

class handler_task extends task {
    private packet works;
    private packet devices;

    void handler_task(scheduler kernel0, int id0, int priority0, packet queue0) {
        super(kernel0, id0, priority0, queue0);
    }

    task work(packet one) {
        if (one != null) {
            if (one.kind == KIND_WORK)
                works = one.appendTo(works);
            else
                devices = one.appendTo(devices);
        }
        if (works == null)
            return kernel.waitCurrent();
        packet first = works;
        int at = first.at;
        if (at == DATA) {
            works = first.link;
            return kernel.send(first);
        }
        if (devices == null)
            return kernel.waitCurrent();
        packet device = devices;
        devices = device.link;
        device.at = first.data[at];
        first.at = at + 1;
        return kernel.send(device);
    }
}

class device_task extends task {
    private packet pending;

    void device_task(scheduler kernel0, int id0, int priority0) {
        super(kernel0, id0, priority0, null);
    }

    task work(packet one) {
        if (one != null) {
            pending = one;
            return kernel.holdCurrent();
        }
        if (pending == null)
            return kernel.waitCurrent();
        packet done = pending;
        pending = null;
        return kernel.send(done);
    }
}

class scheduler {
    task first;
    private task current;
    private task[] tasks = [null, null, null, null, null, null];
    int queued;
    int held;

    void add(task one) {
        tasks[one.id] = one;
        first = one;
    }

    void schedule() {
        current = first;
        while (current != null)
            current = current.cannotRun() ? current.link : current.run();
    }

    task release(int id) {
        task one = tasks[id];
        one.isHeld = false;
        return one.priority > current.priority ? one : current;
    }

    task holdCurrent() {
        held++;
        current.isHeld = true;
        return current.link;
    }

    task waitCurrent() {
        current.isWaiting = true;
        return current;
    }

    task send(packet one) {
        task to = tasks[one.id];
        queued++;
        one.link = null;
        one.id = current.id;
        return to.receive(one, current);
    }
}

packet devicePackets(int id) {
    packet queue = new packet(null, id, KIND_DEVICE);
    queue = new packet(queue, id, KIND_DEVICE);
    return new packet(queue, id, KIND_DEVICE);
}

// How many packets were queued, times 1000, and how often a task was held.
int richards() {
    scheduler kernel = new scheduler();
    new idle_task(kernel, 1000);
    new worker_task(kernel, new packet(new packet(null, WORKER, KIND_WORK), WORKER, KIND_WORK));
    new handler_task(kernel, HANDLER_A, 2000, devicePackets(DEVICE_A));
    new handler_task(kernel, HANDLER_B, 3000, devicePackets(DEVICE_B));
    new device_task(kernel, DEVICE_A, 4000);
    new device_task(kernel, DEVICE_B, 5000);
    kernel.schedule();
    return kernel.queued * 1000 + kernel.held;
}

int rounds = args().size() > 0 ? args()[0].toInt() : 1;
for (int round = 0; round < rounds; round++) {
    int found = richards();
    if (found != 2322928)
        throw "richards: \{found} is wrong";
}
println("richards: \{rounds}");
