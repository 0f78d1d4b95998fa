-- sieve.lua - the primes up to 5000, by the sieve of Eratosthenes.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local function primes_up_to(limit)
    local is_composite = {}
    for i = 1, limit do is_composite[i] = false end
    local count = 0
    for i = 2, limit do
        if not is_composite[i] then
            count = count + 1
            for k = i + i, limit, i do is_composite[k] = true end
        end
    end
    return count
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = primes_up_to(5000)
    if found ~= 669 then error("sieve: " .. found .. " is wrong") end
end
print("sieve: " .. rounds)
