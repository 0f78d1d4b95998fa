-- fib.lua - the numbers of Fibonacci, by calls: what a call costs.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local function fib(n)
    if n < 2 then return n end
    return fib(n - 1) + fib(n - 2)
end

local function sum(n)
    local a, b = 0, 1
    for _ = 1, n do a, b = b, a + b end
    return a
end

local n = tonumber(arg[1] or "20")
local found = fib(n)
if found ~= sum(n) then error("fib: " .. found .. " is wrong") end
print("fib: " .. n)
