-- mandelbrot.lua - how many points of a grid lie in the set of Mandelbrot.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local function is_inside(cx, cy)
    local x, y = 0.0, 0.0
    for _ = 1, 50 do
        local xx = x * x
        local yy = y * y
        if xx + yy > 4.0 then return false end
        y = 2.0 * x * y + cy
        x = xx - yy + cx
    end
    return true
end

local function count_inside(side)
    local count = 0
    for row = 0, side - 1 do
        local cy = 2.0 * row / side - 1.0
        for column = 0, side - 1 do
            local cx = 2.0 * column / side - 1.5
            if is_inside(cx, cy) then count = count + 1 end
        end
    end
    return count
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = count_inside(64)
    if found ~= 1628 then error("mandelbrot: " .. found .. " is wrong") end
end
print("mandelbrot: " .. rounds)
