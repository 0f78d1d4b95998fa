-- storage.lua - a tree of arrays, which is garbage at once.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local Grower = {}
Grower.__index = Grower

function Grower.new()
    return setmetatable({seed = 42, arrays = 0, room = 0}, Grower)
end

function Grower:next(n)
    self.seed = (self.seed * 3877 + 29573) % 139968
    return self.seed % n
end

function Grower:tree(depth)
    local made = {}
    for i = 1, depth == 1 and self:next(10) + 1 or 4 do made[i] = false end
    self.arrays = self.arrays + 1
    self.room = self.room + #made
    if depth > 1 then
        for i = 1, 4 do made[i] = self:tree(depth - 1) end
    end
    return made
end

function Grower:grow(depth)
    local kept = self:tree(depth)
    return #kept == 4 and self.arrays * 100000 + self.room or 0
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = Grower.new():grow(7)
    if found ~= 546128318 then error("storage: " .. found .. " is wrong") end
end
print("storage: " .. rounds)
