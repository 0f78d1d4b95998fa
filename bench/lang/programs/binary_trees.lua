-- binary_trees.lua - many small trees while a large one stays.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local Tree = {}
Tree.__index = Tree

function Tree.new(depth)
    local made = setmetatable({left = nil, right = nil}, Tree)
    if depth > 0 then
        made.left = Tree.new(depth - 1)
        made.right = Tree.new(depth - 1)
    end
    return made
end

function Tree:count()
    return not self.left and 1 or 1 + self.left:count() + self.right:count()
end

local function nodes_of(depth_max)
    local nodes = Tree.new(depth_max + 1):count()
    local kept = Tree.new(depth_max)
    for depth = 4, depth_max, 2 do
        local times = 2 ^ (depth_max - depth + 4)
        for _ = 1, times do
            nodes = nodes + Tree.new(depth):count()
        end
    end
    return nodes + kept:count()
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = nodes_of(10)
    if found ~= 135854 then error("binary_trees: " .. found .. " is wrong") end
end
print("binary_trees: " .. rounds)
