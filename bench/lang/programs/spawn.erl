%% spawn.erl - processes that are started, do next to nothing, and are waited for, one after the other.
%%
%% SPDX-License-Identifier: LGPL-2.1-or-later

-module(spawn).
-export([main/1]).

loop(0, Done) -> Done;
loop(Left, Done) ->
    {Child, Ref} = spawn_monitor(fun () -> exit(Done + 1) end),
    receive {'DOWN', Ref, process, Child, Next} -> loop(Left - 1, Next) end.

main([Word]) ->
    Count = list_to_integer(Word),
    Count = loop(Count, 0),
    io:format("spawn: ~b~n", [Count]),
    halt(0).
