-- bounce.lua - a hundred balls in a box for fifty steps.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local SIDE = 500

local Dice = {}
Dice.__index = Dice

function Dice.new()
    return setmetatable({seed = 42}, Dice)
end

function Dice:next(n)
    self.seed = (self.seed * 3877 + 29573) % 139968
    return self.seed % n
end

local Ball = {}
Ball.__index = Ball

function Ball.new(chance)
    local x, y = chance:next(SIDE), chance:next(SIDE)
    local dx, dy = chance:next(300) - 150, chance:next(300) - 150
    return setmetatable({x = x, y = y, dx = dx, dy = dy}, Ball)
end

function Ball:step()
    local is_bounced = false
    self.x = self.x + self.dx
    self.y = self.y + self.dy
    if self.x > SIDE then
        self.x = SIDE
        self.dx = self.dx > 0 and -self.dx or self.dx
        is_bounced = true
    end
    if self.x < 0 then
        self.x = 0
        self.dx = self.dx < 0 and -self.dx or self.dx
        is_bounced = true
    end
    if self.y > SIDE then
        self.y = SIDE
        self.dy = self.dy > 0 and -self.dy or self.dy
        is_bounced = true
    end
    if self.y < 0 then
        self.y = 0
        self.dy = self.dy < 0 and -self.dy or self.dy
        is_bounced = true
    end
    return is_bounced
end

local function bounces(count, steps)
    local chance = Dice.new()
    local balls = {}
    for i = 1, count do balls[i] = Ball.new(chance) end
    local found = 0
    for _ = 1, steps do
        for _, ball in ipairs(balls) do
            if ball:step() then found = found + 1 end
        end
    end
    return found
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = bounces(100, 50)
    if found ~= 1330 then error("bounce: " .. found .. " is wrong") end
end
print("bounce: " .. rounds)
