%% message.erl - numbers that one process sends to another, which answers every 64th: that is their channel's room.
%%
%% SPDX-License-Identifier: LGPL-2.1-or-later

-module(message).
-export([main/1]).

send(To, I, Count) when I > Count -> To ! over;
send(To, I, Count) ->
    To ! I,
    case I rem 64 of
        0 -> receive next -> ok end;
        _ -> ok
    end,
    send(To, I + 1, Count).

received(From, Sum) ->
    receive
        over -> Sum;
        I ->
            case I rem 64 of
                0 -> From ! next;
                _ -> ok
            end,
            received(From, Sum + I)
    end.

main([Word]) ->
    Count = list_to_integer(Word),
    Self = self(),
    Sender = spawn(fun () -> send(Self, 1, Count) end),
    Sum = received(Sender, 0),
    Sum = (Count + 1) * Count div 2,
    io:format("message: ~b~n", [Count]),
    halt(0).
