%% switch.erl - two processes that hand one scheduler to each other: what a switch costs.
%%
%% SPDX-License-Identifier: LGPL-2.1-or-later

-module(switch).
-export([main/1]).

%% Nothing is shared here, so each gives back how often it had its turn.
run(Parent, 0, Turns) -> Parent ! Turns;
run(Parent, Left, Turns) ->
    erlang:yield(),
    run(Parent, Left - 1, Turns + 1).

main([Word]) ->
    Count = list_to_integer(Word),
    Self = self(),
    Half = Count div 2,
    spawn(fun () -> run(Self, Half, 0) end),
    spawn(fun () -> run(Self, Half, 0) end),
    Turns = receive A -> A end + receive B -> B end,
    Turns = 2 * Half,
    io:format("switch: ~b~n", [Count]),
    halt(0).
