-- richards.lua - the kernel of an operating system, after Martin Richards: six tasks hand packets to each other.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = 1, 2, 3, 4, 5, 6
local KIND_DEVICE, KIND_WORK = 0, 1
local DATA = 4

-- LuaJIT has a function for what is an operator of Lua.
local xor = bit and bit.bxor or load("return function(a, b) return a ~ b end")()

local Packet = {}
Packet.__index = Packet

function Packet.new(link, id, kind)
    return setmetatable({link = link, id = id, kind = kind, at = 0, data = {0, 0, 0, 0}}, Packet)
end

function Packet:append_to(queue)
    self.link = nil
    if not queue then return self end
    local last = queue
    while last.link do last = last.link end
    last.link = self
    return queue
end

local Task = {}
Task.__index = Task

local function class()
    local made = setmetatable({}, Task)
    made.__index = made
    return made
end

function Task.new(class_of, kernel, id, priority, queue)
    local self = setmetatable({
        kernel = kernel,
        id = id,
        priority = priority,
        queue = queue,
        has_packet = queue ~= nil,
        is_waiting = true,
        is_held = false,
        link = kernel.first,
    }, class_of)
    kernel:add(self)
    return self
end

function Task:cannot_run()
    return self.is_held or self.is_waiting and not self.has_packet
end

function Task:run()
    local packet = nil
    if self.is_waiting and self.has_packet then
        packet = self.queue
        self.queue = packet.link
        self.is_waiting = false
        self.has_packet = self.queue ~= nil
    end
    return self:work(packet)
end

function Task:receive(packet, sender)
    if self.queue then
        packet:append_to(self.queue)
        return sender
    end
    self.queue = packet
    self.has_packet = true
    return self.priority > sender.priority and self or sender
end

local IdleTask = class()

function IdleTask.new(kernel, count)
    local self = Task.new(IdleTask, kernel, IDLE, 0, nil)
    self.bits = 1
    self.left = count
    self.is_waiting = false
    return self
end

function IdleTask:work()
    self.left = self.left - 1
    if self.left == 0 then return self.kernel:hold_current() end
    if self.bits % 2 == 0 then
        self.bits = self.bits / 2
        return self.kernel:release(DEVICE_A)
    end
    self.bits = xor((self.bits - 1) / 2, 0xD008)
    return self.kernel:release(DEVICE_B)
end

local WorkerTask = class()

function WorkerTask.new(kernel, queue)
    local self = Task.new(WorkerTask, kernel, WORKER, 1000, queue)
    self.handler = HANDLER_A
    self.letter = 0
    return self
end

function WorkerTask:work(packet)
    if not packet then return self.kernel:wait_current() end
    self.handler = self.handler == HANDLER_A and HANDLER_B or HANDLER_A
    packet.id = self.handler
    packet.at = 0
    for i = 1, DATA do
        self.letter = self.letter + 1
        if self.letter > 26 then self.letter = 1 end
        packet.data[i] = self.letter
    end
    return self.kernel:send(packet)
end

local HandlerTask = class()

function HandlerTask.new(kernel, id, priority, queue)
    local self = Task.new(HandlerTask, kernel, id, priority, queue)
    self.works = nil
    self.devices = nil
    return self
end

function HandlerTask:work(packet)
    if packet then
        if packet.kind == KIND_WORK then
            self.works = packet:append_to(self.works)
        else
            self.devices = packet:append_to(self.devices)
        end
    end
    local first = self.works
    if not first then return self.kernel:wait_current() end
    local at = first.at
    if at == DATA then
        self.works = first.link
        return self.kernel:send(first)
    end
    local device = self.devices
    if not device then return self.kernel:wait_current() end
    self.devices = device.link
    device.at = first.data[at + 1]
    first.at = at + 1
    return self.kernel:send(device)
end

local DeviceTask = class()

function DeviceTask.new(kernel, id, priority)
    local self = Task.new(DeviceTask, kernel, id, priority, nil)
    self.pending = nil
    return self
end

function DeviceTask:work(packet)
    if packet then
        self.pending = packet
        return self.kernel:hold_current()
    end
    local done = self.pending
    if not done then return self.kernel:wait_current() end
    self.pending = nil
    return self.kernel:send(done)
end

local Scheduler = {}
Scheduler.__index = Scheduler

function Scheduler.new()
    return setmetatable({first = nil, current = nil, tasks = {}, queued = 0, held = 0}, Scheduler)
end

function Scheduler:add(task)
    self.tasks[task.id] = task
    self.first = task
end

function Scheduler:schedule()
    self.current = self.first
    while self.current do
        local current = self.current
        if current:cannot_run() then
            self.current = current.link
        else
            self.current = current:run()
        end
    end
end

function Scheduler:release(id)
    local task = self.tasks[id]
    task.is_held = false
    return task.priority > self.current.priority and task or self.current
end

function Scheduler:hold_current()
    self.held = self.held + 1
    self.current.is_held = true
    return self.current.link
end

function Scheduler:wait_current()
    self.current.is_waiting = true
    return self.current
end

function Scheduler:send(packet)
    local to = self.tasks[packet.id]
    self.queued = self.queued + 1
    packet.link = nil
    packet.id = self.current.id
    return to:receive(packet, self.current)
end

local function device_packets(id)
    local queue = Packet.new(nil, id, KIND_DEVICE)
    queue = Packet.new(queue, id, KIND_DEVICE)
    return Packet.new(queue, id, KIND_DEVICE)
end

local function richards()
    local kernel = Scheduler.new()
    IdleTask.new(kernel, 1000)
    WorkerTask.new(kernel, Packet.new(Packet.new(nil, WORKER, KIND_WORK), WORKER, KIND_WORK))
    HandlerTask.new(kernel, HANDLER_A, 2000, device_packets(DEVICE_A))
    HandlerTask.new(kernel, HANDLER_B, 3000, device_packets(DEVICE_B))
    DeviceTask.new(kernel, DEVICE_A, 4000)
    DeviceTask.new(kernel, DEVICE_B, 5000)
    kernel:schedule()
    return kernel.queued * 1000 + kernel.held
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = richards()
    if found ~= 2322928 then error("richards: " .. found .. " is wrong") end
end
print("richards: " .. rounds)
