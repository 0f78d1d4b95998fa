-- permute.lua - all permutations of six numbers, by swapping.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local Permuter = {}
Permuter.__index = Permuter

function Permuter.new()
    return setmetatable({items = nil, calls = 0}, Permuter)
end

function Permuter:count(size)
    self.items = {}
    for i = 1, size do self.items[i] = i end
    self.calls = 0
    self:permute(size)
    return self.calls
end

function Permuter:permute(n)
    self.calls = self.calls + 1
    if n == 0 then return end
    self:permute(n - 1)
    for i = n, 1, -1 do
        self:swap(n, i)
        self:permute(n - 1)
        self:swap(n, i)
    end
end

function Permuter:swap(i, k)
    local items = self.items
    local item = items[i]
    items[i] = items[k]
    items[k] = item
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = Permuter.new():count(6)
    if found ~= 8660 then error("permute: " .. found .. " is wrong") end
end
print("permute: " .. rounds)
