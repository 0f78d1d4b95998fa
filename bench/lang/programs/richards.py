"""richards.py - the kernel of an operating system, after Martin Richards: six tasks hand packets to each other.

SPDX-License-Identifier: LGPL-2.1-or-later
"""

import sys

IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = range(6)
KIND_DEVICE, KIND_WORK = range(2)
DATA = 4


class Packet:
    def __init__(self, link, ident, kind):
        self.link = link
        self.id = ident
        self.kind = kind
        self.at = 0
        self.data = [0] * DATA

    def append_to(self, queue):
        self.link = None
        if queue is None:
            return self
        last = queue
        while last.link is not None:
            last = last.link
        last.link = self
        return queue


class Task:
    def __init__(self, kernel, ident, priority, queue):
        self.kernel = kernel
        self.id = ident
        self.priority = priority
        self.queue = queue
        self.has_packet = queue is not None
        self.is_waiting = True
        self.is_held = False
        self.link = kernel.first
        kernel.add(self)

    def cannot_run(self):
        return self.is_held or self.is_waiting and not self.has_packet

    def run(self):
        packet = None
        if self.is_waiting and self.has_packet:
            packet = self.queue
            self.queue = packet.link
            self.is_waiting = False
            self.has_packet = self.queue is not None
        return self.work(packet)

    def receive(self, packet, sender):
        if self.queue is not None:
            packet.append_to(self.queue)
            return sender
        self.queue = packet
        self.has_packet = True
        return self if self.priority > sender.priority else sender


class IdleTask(Task):
    def __init__(self, kernel, count):
        super().__init__(kernel, IDLE, 0, None)
        self.bits = 1
        self.left = count
        self.is_waiting = False

    def work(self, packet):
        self.left -= 1
        if self.left == 0:
            return self.kernel.hold_current()
        if self.bits & 1 == 0:
            self.bits = self.bits >> 1
            return self.kernel.release(DEVICE_A)
        self.bits = self.bits >> 1 ^ 0xD008
        return self.kernel.release(DEVICE_B)


class WorkerTask(Task):
    def __init__(self, kernel, queue):
        super().__init__(kernel, WORKER, 1000, queue)
        self.handler = HANDLER_A
        self.letter = 0

    def work(self, packet):
        if packet is None:
            return self.kernel.wait_current()
        self.handler = HANDLER_B if self.handler == HANDLER_A else HANDLER_A
        packet.id = self.handler
        packet.at = 0
        for i in range(DATA):
            self.letter += 1
            if self.letter > 26:
                self.letter = 1
            packet.data[i] = self.letter
        return self.kernel.send(packet)


class HandlerTask(Task):
    def __init__(self, kernel, ident, priority, queue):
        super().__init__(kernel, ident, priority, queue)
        self.works = None
        self.devices = None

    def work(self, packet):
        if packet is not None:
            if packet.kind == KIND_WORK:
                self.works = packet.append_to(self.works)
            else:
                self.devices = packet.append_to(self.devices)
        first = self.works
        if first is None:
            return self.kernel.wait_current()
        at = first.at
        if at == DATA:
            self.works = first.link
            return self.kernel.send(first)
        device = self.devices
        if device is None:
            return self.kernel.wait_current()
        self.devices = device.link
        device.at = first.data[at]
        first.at = at + 1
        return self.kernel.send(device)


class DeviceTask(Task):
    def __init__(self, kernel, ident, priority):
        super().__init__(kernel, ident, priority, None)
        self.pending = None

    def work(self, packet):
        if packet is not None:
            self.pending = packet
            return self.kernel.hold_current()
        done = self.pending
        if done is None:
            return self.kernel.wait_current()
        self.pending = None
        return self.kernel.send(done)


class Scheduler:
    def __init__(self):
        self.first = None
        self.current = None
        self.tasks = [None] * 6
        self.queued = 0
        self.held = 0

    def add(self, task):
        self.tasks[task.id] = task
        self.first = task

    def schedule(self):
        self.current = self.first
        while self.current is not None:
            if self.current.cannot_run():
                self.current = self.current.link
            else:
                self.current = self.current.run()

    def release(self, ident):
        task = self.tasks[ident]
        task.is_held = False
        return task if task.priority > self.current.priority else self.current

    def hold_current(self):
        self.held += 1
        self.current.is_held = True
        return self.current.link

    def wait_current(self):
        self.current.is_waiting = True
        return self.current

    def send(self, packet):
        to = self.tasks[packet.id]
        self.queued += 1
        packet.link = None
        packet.id = self.current.id
        return to.receive(packet, self.current)


def device_packets(ident):
    queue = Packet(None, ident, KIND_DEVICE)
    queue = Packet(queue, ident, KIND_DEVICE)
    return Packet(queue, ident, KIND_DEVICE)


def richards():
    kernel = Scheduler()
    IdleTask(kernel, 1000)
    WorkerTask(kernel, Packet(Packet(None, WORKER, KIND_WORK), WORKER, KIND_WORK))
    HandlerTask(kernel, HANDLER_A, 2000, device_packets(DEVICE_A))
    HandlerTask(kernel, HANDLER_B, 3000, device_packets(DEVICE_B))
    DeviceTask(kernel, DEVICE_A, 4000)
    DeviceTask(kernel, DEVICE_B, 5000)
    kernel.schedule()
    return kernel.queued * 1000 + kernel.held


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    for _ in range(rounds):
        found = richards()
        if found != 2322928:
            sys.exit(f"richards: {found} is wrong")
    print(f"richards: {rounds}")


main()
