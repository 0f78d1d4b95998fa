-- queens.lua - every way to place eight queens so that none attacks another.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local Board = {}
Board.__index = Board

local function flags(count)
    local made = {}
    for i = 1, count do made[i] = false end
    return made
end

function Board.new(size)
    return setmetatable({
        size = size,
        column = flags(size),
        rising = flags(2 * size),
        falling = flags(2 * size),
        ways = 0,
    }, Board)
end

function Board:count()
    self:place(1)
    return self.ways
end

function Board:is_free(row, at)
    return not self.column[at] and not self.rising[row + at] and not self.falling[row - at + self.size]
end

function Board:mark(row, at, value)
    self.column[at] = value
    self.rising[row + at] = value
    self.falling[row - at + self.size] = value
end

function Board:place(row)
    local size = self.size
    if row > size then
        self.ways = self.ways + 1
        return
    end
    for at = 1, size do
        if self:is_free(row, at) then
            self:mark(row, at, true)
            self:place(row + 1)
            self:mark(row, at, false)
        end
    end
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = Board.new(8):count()
    if found ~= 92 then error("queens: " .. found .. " is wrong") end
end
print("queens: " .. rounds)
