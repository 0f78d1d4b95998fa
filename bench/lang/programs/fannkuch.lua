-- fannkuch.lua - of each permutation of seven numbers, how often its begin can be turned round, by as many as its
-- first number says.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

-- Numbers are 1 to size here, because that is how arrays of Lua are counted.
local function flips_of(items)
    local flips = 0
    local first = items[1]
    while first ~= 1 do
        local low, high = 1, first
        while low < high do
            local item = items[low]
            items[low] = items[high]
            items[high] = item
            low = low + 1
            high = high - 1
        end
        flips = flips + 1
        first = items[1]
    end
    return flips
end

local function fannkuch(size)
    local order, items, left = {}, {}, {}
    local most, sum, sign = 0, 0, 1
    for i = 1, size do
        order[i] = i
        items[i] = i
        left[i] = i
    end
    while true do
        for i = 1, size do items[i] = order[i] end
        local flips = flips_of(items)
        sum = sum + sign * flips
        if flips > most then most = flips end
        sign = -sign
        local width = 2
        while true do
            if width > size then return sum * 100 + most end
            local first = order[1]
            for i = 1, width - 1 do order[i] = order[i + 1] end
            order[width] = first
            left[width] = left[width] - 1
            if left[width] > 0 then break end
            left[width] = width
            width = width + 1
        end
    end
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = fannkuch(7)
    if found ~= 22816 then error("fannkuch: " .. found .. " is wrong") end
end
print("fannkuch: " .. rounds)
