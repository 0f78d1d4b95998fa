-- havlak.lua - the loops of a graph of jumps, and which lies in which, after Havlak.
--
-- SPDX-License-Identifier: LGPL-2.1-or-later

local PLAIN, OF_ITSELF, REDUCIBLE, IRREDUCIBLE = 0, 1, 2, 3

local function class()
    local made = {}
    made.__index = made
    return made
end

local function push(list, value)
    list[#list + 1] = value
end

local Graph = class()

function Graph.new()
    return setmetatable({blocks = {}}, Graph)
end

function Graph:add()
    local one = {id = #self.blocks + 1, sources = {}, targets = {}}
    push(self.blocks, one)
    return one
end

function Graph:connect(from, to)
    push(from.targets, to)
    push(to.sources, from)
end

function Graph:row(from, count)
    local last = from
    for _ = 1, count do
        local next = self:add()
        self:connect(last, next)
        last = next
    end
    return last
end

function Graph:diamond(from)
    local left, right, last = self:add(), self:add(), self:add()
    self:connect(from, left)
    self:connect(from, right)
    self:connect(left, last)
    self:connect(right, last)
    return last
end

function Graph:small_loop(from)
    local header = self:row(from, 1)
    local last = self:row(self:diamond(header), 1)
    self:connect(last, header)
    self:connect(last, last)
    return self:row(last, 1)
end

function Graph:nested(from, depth)
    if depth == 0 then return self:small_loop(from) end
    local header = self:row(from, 1)
    local at = header
    for _ = 1, 3 do at = self:nested(self:diamond(at), depth - 1) end
    self:connect(at, header)
    if depth == 2 then self:connect(from, at) end
    return self:row(at, 1)
end

local Loop = class()

function Loop.new(header, is_reducible)
    return setmetatable({is_reducible = is_reducible, blocks = {header}, inner = {}, outer = nil}, Loop)
end

function Loop:put_into(other)
    self.outer = other
    push(other.inner, self)
end

function Loop:weight(depth)
    local sum = depth * #self.blocks + (self.is_reducible and 0 or 1000)
    for _, one in ipairs(self.inner) do sum = sum + one:weight(depth + 1) end
    return sum
end

local Node = class()

function Node.new(block, number)
    local self = setmetatable({
        block = block, number = number, parent = nil, loop = nil, last = number, kind = PLAIN, pool = 0,
        back = {}, others = {},
    }, Node)
    self.parent = self
    return self
end

function Node:find()
    local top = self
    while top.parent ~= top do top = top.parent end
    local one = self
    while one.parent ~= top do
        local next = one.parent
        one.parent = top
        one = next
    end
    return top
end

function Node:is_above(lower)
    return self.number <= lower.number and lower.number <= self.last
end

local Finder = class()

function Finder.new(graph)
    local numbers = {}
    for i = 1, #graph.blocks do numbers[i] = -1 end
    return setmetatable({graph = graph, nodes = {}, numbers = numbers, loops = {}}, Finder)
end

function Finder:visit(block)
    local node = Node.new(block, #self.nodes + 1)
    push(self.nodes, node)
    self.numbers[block.id] = node.number
    for _, target in ipairs(block.targets) do
        if self.numbers[target.id] < 0 then self:visit(target) end
    end
    node.last = #self.nodes
end

function Finder:sort_edges()
    for _, node in ipairs(self.nodes) do
        for _, source in ipairs(node.block.sources) do
            local number = self.numbers[source.id]
            if number >= 0 then
                if node:is_above(self.nodes[number]) then
                    push(node.back, number)
                else
                    push(node.others, number)
                end
            end
        end
    end
end

function Finder:put(body, one, header)
    if one.pool ~= header.number then
        one.pool = header.number
        push(body, one)
    end
end

function Finder:body_of(header)
    local body = {}
    for _, number in ipairs(header.back) do
        if number == header.number then
            header.kind = OF_ITSELF
        else
            self:put(body, self.nodes[number]:find(), header)
        end
    end
    if #body > 0 then header.kind = REDUCIBLE end
    local at = 1
    while at <= #body do
        for _, number in ipairs(body[at].others) do
            local above = self.nodes[number]:find()
            if not header:is_above(above) then
                header.kind = IRREDUCIBLE
                push(header.others, above.number)
            elseif above ~= header then
                self:put(body, above, header)
            end
        end
        at = at + 1
    end
    return body
end

function Finder:make_loop(header, body)
    local loop = Loop.new(header.block, header.kind ~= IRREDUCIBLE)
    header.loop = loop
    push(self.loops, loop)
    for _, one in ipairs(body) do
        one.parent = header
        if one.loop then
            one.loop:put_into(loop)
        else
            push(loop.blocks, one.block)
        end
    end
end

function Finder:find()
    self:visit(self.graph.blocks[1])
    self:sort_edges()
    for i = #self.nodes, 1, -1 do
        local header = self.nodes[i]
        local body = self:body_of(header)
        if #body > 0 or header.kind == OF_ITSELF then self:make_loop(header, body) end
    end
end

function Finder:result()
    local sum = 0
    for _, loop in ipairs(self.loops) do
        if not loop.outer then sum = sum + loop:weight(1) end
    end
    return sum * 1000 + #self.loops
end

local function loops_of_a_graph()
    local graph = Graph.new()
    local last = graph:add()
    for _ = 1, 3 do last = graph:nested(last, 3) end
    local finder = Finder.new(graph)
    finder:find()
    return finder:result()
end

local rounds = tonumber(arg[1] or "1")
for _ = 1, rounds do
    local found = loops_of_a_graph()
    if found ~= 12027201 then error("havlak: " .. found .. " is wrong") end
end
print("havlak: " .. rounds)
