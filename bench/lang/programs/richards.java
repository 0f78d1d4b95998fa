/*
 * richards.java - the kernel of an operating system, after Martin Richards: six tasks hand packets to each other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

final class Richards {
    static final int IDLE = 0;
    static final int WORKER = 1;
    static final int HANDLER_A = 2;
    static final int HANDLER_B = 3;
    static final int DEVICE_A = 4;
    static final int DEVICE_B = 5;

    static final int KIND_DEVICE = 0;
    static final int KIND_WORK = 1;

    static final int DATA = 4;

    static final class Packet {
        Packet link;
        int id;
        final int kind;
        int at;
        final int[] data = new int[DATA];

        Packet(Packet link, int id, int kind) {
            this.link = link;
            this.id = id;
            this.kind = kind;
        }

        Packet appendTo(Packet queue) {
            link = null;
            if (queue == null)
                return this;
            Packet last = queue;
            while (last.link != null)
                last = last.link;
            last.link = this;
            return queue;
        }
    }

    abstract static class Task {
        final Task link;
        final int id;
        final int priority;
        Packet queue;
        boolean hasPacket;
        boolean isWaiting;
        boolean isHeld;
        final Scheduler kernel;

        Task(Scheduler kernel, int id, int priority, Packet queue) {
            this.kernel = kernel;
            this.id = id;
            this.priority = priority;
            this.queue = queue;
            hasPacket = queue != null;
            isWaiting = true;
            link = kernel.first;
            kernel.add(this);
        }

        abstract Task work(Packet packet);

        boolean cannotRun() {
            return isHeld || isWaiting && !hasPacket;
        }

        Task run() {
            Packet packet = null;
            if (isWaiting && hasPacket) {
                packet = queue;
                queue = packet.link;
                isWaiting = false;
                hasPacket = queue != null;
            }
            return work(packet);
        }

        Task receive(Packet packet, Task sender) {
            if (queue != null) {
                packet.appendTo(queue);
                return sender;
            }
            queue = packet;
            hasPacket = true;
            return priority > sender.priority ? this : sender;
        }
    }

    static final class IdleTask extends Task {
        private int bits = 1;
        private int left;

        IdleTask(Scheduler kernel, int count) {
            super(kernel, IDLE, 0, null);
            left = count;
            isWaiting = false;
        }

        Task work(Packet packet) {
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

    static final class WorkerTask extends Task {
        private int handler = HANDLER_A;
        private int letter;

        WorkerTask(Scheduler kernel, Packet queue) {
            super(kernel, WORKER, 1000, queue);
        }

        Task work(Packet packet) {
            if (packet == null)
                return kernel.waitCurrent();
            handler = handler == HANDLER_A ? HANDLER_B : HANDLER_A;
            packet.id = handler;
            packet.at = 0;
            for (int i = 0; i < DATA; i++) {
                letter++;
                if (letter > 26)
                    letter = 1;
                packet.data[i] = letter;
            }
            return kernel.send(packet);
        }
    }

    static final class HandlerTask extends Task {
        private Packet works;
        private Packet devices;

        HandlerTask(Scheduler kernel, int id, int priority, Packet queue) {
            super(kernel, id, priority, queue);
        }

        Task work(Packet packet) {
            if (packet != null) {
                if (packet.kind == KIND_WORK)
                    works = packet.appendTo(works);
                else
                    devices = packet.appendTo(devices);
            }
            if (works == null)
                return kernel.waitCurrent();
            Packet first = works;
            int at = first.at;
            if (at == DATA) {
                works = first.link;
                return kernel.send(first);
            }
            if (devices == null)
                return kernel.waitCurrent();
            Packet device = devices;
            devices = device.link;
            device.at = first.data[at];
            first.at = at + 1;
            return kernel.send(device);
        }
    }

    static final class DeviceTask extends Task {
        private Packet pending;

        DeviceTask(Scheduler kernel, int id, int priority) {
            super(kernel, id, priority, null);
        }

        Task work(Packet packet) {
            if (packet != null) {
                pending = packet;
                return kernel.holdCurrent();
            }
            if (pending == null)
                return kernel.waitCurrent();
            Packet done = pending;
            pending = null;
            return kernel.send(done);
        }
    }

    static final class Scheduler {
        Task first;
        private Task current;
        private final Task[] tasks = new Task[6];
        int queued;
        int held;

        void add(Task task) {
            tasks[task.id] = task;
            first = task;
        }

        void schedule() {
            current = first;
            while (current != null)
                current = current.cannotRun() ? current.link : current.run();
        }

        Task release(int id) {
            Task task = tasks[id];
            task.isHeld = false;
            return task.priority > current.priority ? task : current;
        }

        Task holdCurrent() {
            held++;
            current.isHeld = true;
            return current.link;
        }

        Task waitCurrent() {
            current.isWaiting = true;
            return current;
        }

        Task send(Packet packet) {
            Task to = tasks[packet.id];
            queued++;
            packet.link = null;
            packet.id = current.id;
            return to.receive(packet, current);
        }
    }

    static Packet devicePackets(int id) {
        Packet queue = new Packet(null, id, KIND_DEVICE);
        queue = new Packet(queue, id, KIND_DEVICE);
        return new Packet(queue, id, KIND_DEVICE);
    }

    static int richards() {
        Scheduler kernel = new Scheduler();
        new IdleTask(kernel, 1000);
        new WorkerTask(kernel, new Packet(new Packet(null, WORKER, KIND_WORK), WORKER, KIND_WORK));
        new HandlerTask(kernel, HANDLER_A, 2000, devicePackets(DEVICE_A));
        new HandlerTask(kernel, HANDLER_B, 3000, devicePackets(DEVICE_B));
        new DeviceTask(kernel, DEVICE_A, 4000);
        new DeviceTask(kernel, DEVICE_B, 5000);
        kernel.schedule();
        return kernel.queued * 1000 + kernel.held;
    }

    public static void main(String[] args) {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        for (int round = 0; round < rounds; round++) {
            int found = richards();
            if (found != 2322928)
                throw new IllegalStateException("richards: " + found + " is wrong");
        }
        System.out.println("richards: " + rounds);
    }
}
