-- towers.lua - the towers of Hanoi with thirteen disks, each an object that knows the one below it.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local Towers = {}
Towers.__index = Towers

function Towers.new()
    return setmetatable({piles = {false, false, false}, moves = 0}, Towers)
end

function Towers:count(disks)
    for size = disks, 1, -1 do
        self:push({size = size, below = false}, 1)
    end
    self:move(disks, 1, 2)
    return self.moves
end

function Towers:push(disk, pile)
    local top = self.piles[pile]
    if top and disk.size >= top.size then error("a disk lies on a smaller one") end
    disk.below = top
    self.piles[pile] = disk
end

function Towers:pop(pile)
    local top = self.piles[pile]
    if not top then error("there is no disk") end
    self.piles[pile] = top.below
    top.below = false
    return top
end

function Towers:move(disks, from, to)
    if disks == 1 then
        self:push(self:pop(from), to)
        self.moves = self.moves + 1
        return
    end
    local other = 6 - from - to
    self:move(disks - 1, from, other)
    self:move(1, from, to)
    self:move(disks - 1, other, to)
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = Towers.new():count(13)
    if found ~= 8191 then error("towers: " .. found .. " is wrong") end
end
print("towers: " .. rounds)
