-- deltablue.lua - a solver of constraints that works in small steps, after Freeman-Benson and Maloney.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local REQUIRED, PREFERRED, STRONG_DEFAULT, NORMAL, WEAKEST = 0, 2, 3, 4, 6
local NOWHERE, FORWARD, BACKWARD = 0, 1, 2

local function class(super)
    local made = {}
    made.__index = made
    return setmetatable(made, super)
end

local function remove_value(list, value)
    for i = 1, #list do
        if list[i] == value then
            table.remove(list, i)
            return
        end
    end
end

local Variable = class()

function Variable.new(value)
    return setmetatable({
        value = value, users = {}, source = nil, mark = 0, walk_strength = WEAKEST, stays = true,
    }, Variable)
end

function Variable:add_consumers(to)
    for _, one in ipairs(self.users) do
        if one ~= self.source and one:is_satisfied() then to[#to + 1] = one end
    end
end

local Constraint = class()

function Constraint:is_input()
    return false
end

function Constraint:add(solver)
    self:add_to_graph()
    solver:incremental_add(self)
end

function Constraint:destroy(solver)
    if self:is_satisfied() then
        solver:incremental_remove(self)
    else
        self:remove_from_graph()
    end
end

function Constraint:satisfy(mark, solver)
    self:choose_method(mark)
    if not self:is_satisfied() then
        if self.strength == REQUIRED then error("a required constraint cannot be satisfied") end
        return nil
    end
    self:mark_inputs(mark)
    local out = self:output()
    local overridden = out.source
    if overridden then overridden:mark_unsatisfied() end
    out.source = self
    if not solver:propagate(self, mark) then error("constraints go in a circle") end
    out.mark = mark
    return overridden
end

local Unary = class(Constraint)

function Unary.new(kind, mine, strength)
    return setmetatable({mine = mine, strength = strength, has_effect = false}, kind)
end

function Unary:add_to_graph()
    local users = self.mine.users
    users[#users + 1] = self
    self.has_effect = false
end

function Unary:remove_from_graph()
    remove_value(self.mine.users, self)
    self.has_effect = false
end

function Unary:is_satisfied()
    return self.has_effect
end

function Unary:mark_unsatisfied()
    self.has_effect = false
end

function Unary:choose_method(mark)
    self.has_effect = self.mine.mark ~= mark and self.strength < self.mine.walk_strength
end

function Unary:mark_inputs()
end

function Unary:inputs_known()
    return true
end

function Unary:output()
    return self.mine
end

function Unary:recalculate()
    local mine = self.mine
    mine.walk_strength = self.strength
    mine.stays = not self:is_input()
    if mine.stays then self:execute() end
end

function Unary:execute()
end

local Stay = class(Unary)
local Edit = class(Unary)

function Edit:is_input()
    return true
end

local Binary = class(Constraint)

function Binary.new(kind, first, second, strength)
    return setmetatable({first = first, second = second, strength = strength, direction = NOWHERE}, kind)
end

function Binary:add_to_graph()
    local users = self.first.users
    users[#users + 1] = self
    users = self.second.users
    users[#users + 1] = self
    self.direction = NOWHERE
end

function Binary:remove_from_graph()
    remove_value(self.first.users, self)
    remove_value(self.second.users, self)
    self.direction = NOWHERE
end

function Binary:is_satisfied()
    return self.direction ~= NOWHERE
end

function Binary:mark_unsatisfied()
    self.direction = NOWHERE
end

function Binary:choose_method(mark)
    local first, second, strength = self.first, self.second, self.strength
    if first.mark == mark then
        self.direction = second.mark ~= mark and strength < second.walk_strength and FORWARD or NOWHERE
    elseif second.mark == mark then
        self.direction = strength < first.walk_strength and BACKWARD or NOWHERE
    elseif first.walk_strength > second.walk_strength then
        self.direction = strength < first.walk_strength and BACKWARD or NOWHERE
    else
        self.direction = strength < second.walk_strength and FORWARD or NOWHERE
    end
end

function Binary:input()
    return self.direction == FORWARD and self.first or self.second
end

function Binary:output()
    return self.direction == FORWARD and self.second or self.first
end

function Binary:mark_inputs(mark)
    self:input().mark = mark
end

function Binary:inputs_known(mark)
    local one = self:input()
    return one.mark == mark or one.stays or one.source == nil
end

function Binary:recalculate()
    local from, to = self:input(), self:output()
    to.walk_strength = self.strength > from.walk_strength and self.strength or from.walk_strength
    to.stays = from.stays
    if to.stays then self:execute() end
end

local Equality = class(Binary)

function Equality:execute()
    self:output().value = self:input().value
end

local Scaling = class(Binary)

function Scaling.new(from, scale, offset, to, strength)
    local self = Binary.new(Scaling, from, to, strength)
    self.scale = scale
    self.offset = offset
    return self
end

function Scaling:add_to_graph()
    Binary.add_to_graph(self)
    local users = self.scale.users
    users[#users + 1] = self
    users = self.offset.users
    users[#users + 1] = self
end

function Scaling:remove_from_graph()
    Binary.remove_from_graph(self)
    remove_value(self.scale.users, self)
    remove_value(self.offset.users, self)
end

function Scaling:mark_inputs(mark)
    Binary.mark_inputs(self, mark)
    self.scale.mark = mark
    self.offset.mark = mark
end

local function divide(a, b)
    local quotient = a / b
    return quotient < 0 and math.ceil(quotient) or math.floor(quotient)
end

function Scaling:execute()
    if self.direction == FORWARD then
        self.second.value = self.first.value * self.scale.value + self.offset.value
    else
        self.first.value = divide(self.second.value - self.offset.value, self.scale.value)
    end
end

function Scaling:recalculate()
    local from, to = self:input(), self:output()
    to.walk_strength = self.strength > from.walk_strength and self.strength or from.walk_strength
    to.stays = from.stays and self.scale.stays and self.offset.stays
    if to.stays then self:execute() end
end

local Planner = class()

function Planner.new()
    return setmetatable({mark = 0}, Planner)
end

function Planner:incremental_add(one)
    self.mark = self.mark + 1
    local now = self.mark
    while one do one = one:satisfy(now, self) end
end

function Planner:incremental_remove(one)
    local out = one:output()
    one:mark_unsatisfied()
    one:remove_from_graph()
    local unsatisfied = self:remove_propagation(out)
    for strength = REQUIRED, WEAKEST do
        for _, next in ipairs(unsatisfied) do
            if next.strength == strength then self:incremental_add(next) end
        end
    end
end

function Planner:propagate(one, now)
    local waiting = {one}
    while #waiting > 0 do
        local next = table.remove(waiting)
        if next:output().mark == now then
            self:incremental_remove(one)
            return false
        end
        next:recalculate()
        next:output():add_consumers(waiting)
    end
    return true
end

function Planner:remove_propagation(out)
    local unsatisfied, waiting = {}, {out}
    out.source = nil
    out.walk_strength = WEAKEST
    out.stays = true
    while #waiting > 0 do
        local next = table.remove(waiting)
        for _, one in ipairs(next.users) do
            if not one:is_satisfied() then
                unsatisfied[#unsatisfied + 1] = one
            elseif one ~= next.source then
                one:recalculate()
                waiting[#waiting + 1] = one:output()
            end
        end
    end
    return unsatisfied
end

function Planner:plan(changed)
    local steps, waiting = {}, {}
    self.mark = self.mark + 1
    local mark = self.mark
    for _, one in ipairs(changed) do
        if one:is_input() and one:is_satisfied() then waiting[#waiting + 1] = one end
    end
    while #waiting > 0 do
        local next = table.remove(waiting)
        local out = next:output()
        if out.mark ~= mark and next:inputs_known(mark) then
            steps[#steps + 1] = next
            out.mark = mark
            out:add_consumers(waiting)
        end
    end
    return steps
end

function Planner:change(one, value)
    local editing = Unary.new(Edit, one, PREFERRED)
    editing:add(self)
    local steps = self:plan({editing})
    for _ = 1, 10 do
        one.value = value
        self:execute(steps)
    end
    editing:destroy(self)
end

function Planner:execute(steps)
    for _, step in ipairs(steps) do step:execute() end
end

local function chain(count)
    local solver = Planner.new()
    local first = Variable.new(0)
    local last = first
    for _ = 1, count do
        local next = Variable.new(0)
        Binary.new(Equality, last, next, REQUIRED):add(solver)
        last = next
    end
    Unary.new(Stay, last, STRONG_DEFAULT):add(solver)
    local editing = Unary.new(Edit, first, PREFERRED)
    editing:add(solver)
    local steps = solver:plan({editing})
    for i = 0, 99 do
        first.value = i
        solver:execute(steps)
        if last.value ~= i then error("the end of the chain is " .. last.value) end
    end
    editing:destroy(solver)
    return last.value
end

local function projection(count)
    local solver = Planner.new()
    local scale, offset = Variable.new(10), Variable.new(1000)
    local ends = {}
    local from, to
    for i = 0, count - 1 do
        from, to = Variable.new(i), Variable.new(i)
        ends[#ends + 1] = to
        Unary.new(Stay, from, NORMAL):add(solver)
        Scaling.new(from, scale, offset, to, REQUIRED):add(solver)
    end
    solver:change(from, 17)
    if to.value ~= 1170 then error("forward it is " .. to.value) end
    solver:change(to, 1050)
    if from.value ~= 5 then error("backward it is " .. from.value) end
    solver:change(scale, 5)
    solver:change(offset, 2000)
    local sum = 0
    for _, one in ipairs(ends) do sum = sum + one.value end
    return sum
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = chain(100) + projection(100)
    if found ~= 224379 then error("deltablue: " .. found .. " is wrong") end
end
print("deltablue: " .. rounds)
