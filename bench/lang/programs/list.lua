-- list.lua - Takeuchi's function on linked lists instead of numbers.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local Node = {}
Node.__index = Node

function Node.new(next)
    return setmetatable({next = next}, Node)
end

function Node:length()
    return not self.next and 1 or 1 + self.next:length()
end

local function list_of(length)
    if length == 0 then return nil end
    return Node.new(list_of(length - 1))
end

local function is_shorter(a, b)
    while b do
        if not a then return true end
        a = a.next
        b = b.next
    end
    return false
end

local function take(x, y, z)
    if not is_shorter(y, x) then return z end
    return take(take(x.next, y, z), take(y.next, z, x), take(z.next, x, y))
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = take(list_of(15), list_of(10), list_of(6)):length()
    if found ~= 10 then error("list: " .. found .. " is wrong") end
end
print("list: " .. rounds)
