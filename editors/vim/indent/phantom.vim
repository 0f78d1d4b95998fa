" The indentation of phantom fmt: a level for each block, for what is in brackets on other lines, for
" a statement that another one governs, and for what goes on. A switch has its labels one level in,
" and their statements two.
"
" SPDX-License-Identifier: LGPL-2.1-or-later

if exists('b:did_indent')
    finish
endif
let b:did_indent = 1

setlocal autoindent
setlocal indentexpr=PhantomIndent(v:lnum)
setlocal indentkeys=0{,0},0),0],!^F,o,O,e,0=case,0=default

let b:undo_indent = 'setlocal autoindent< indentexpr< indentkeys<'

if exists('*PhantomIndent')
    finish
endif

function s:Name(line, column) abort
    return synIDattr(synID(a:line, a:column, 1), 'name')
endfunction

" Is what stands there no code? A bracket in it is none.
function s:IsText(line, column) abort
    return s:Name(a:line, a:column) =~#
        \ '^phantom\%(String\|Comment\|Character\|Escape\|Wrong\|Brace\|Todo\|Shebang\)$'
endfunction

" The line without its comments, and with an x for each character of a string.
function s:Code(line) abort
    if getline(a:line) !~# '["''/*#]' && !s:IsText(a:line, 1)
        return substitute(getline(a:line), '\s\+$', '', '')
    endif
    let l:code = ''
    for l:i in range(len(getline(a:line)))
        let l:name = s:Name(a:line, l:i + 1)
        let l:letter = s:IsText(a:line, l:i + 1) ? 'x' : getline(a:line)[l:i]
        let l:code .= l:name =~# '^phantom\%(Comment\|Todo\|Shebang\)$' ? ' ' : l:letter
    endfor
    return substitute(l:code, '\s\+$', '', '')
endfunction

" The nearest line above that has code, or 0.
function s:Before(line) abort
    let l:line = prevnonblank(a:line - 1)
    while l:line > 0 && s:Code(l:line) =~# '^\s*$'
        let l:line = prevnonblank(l:line - 1)
    endwhile
    return l:line
endfunction

" Where the bracket opens that is around the cursor: [line, column], or [0, 0].
function s:Around() abort
    return searchpairpos('[({[]', '', '[)}\]]', 'bnW', 's:IsText(line("."), col("."))')
endfunction

" The one in which this line begins.
function s:Opening(line) abort
    call cursor(a:line, 1)
    return s:Around()
endfunction

function s:Bracket(place) abort
    return getline(a:place[0])[a:place[1] - 1]
endfunction

" The line whose indentation counts for what a bracket opens: its own, or where the head of a block
" of several lines begins.
function s:Base(opening) abort
    let l:line = a:opening[0]
    call cursor(a:opening)
    let l:around = s:Around()
    let l:at_start = s:Opening(l:line)
    while l:at_start[0] > 0 && l:at_start != l:around && s:Bracket(l:at_start) !=# '{'
        let l:line = l:at_start[0]
        let l:at_start = s:Opening(l:line)
    endwhile
    return l:line
endfunction

" What a line in that bracket has if it goes on with nothing.
function s:Inner(opening, code) abort
    if a:opening[0] == 0
        return 0
    endif
    let l:base = s:Base(a:opening)
    let l:labels = s:Bracket(a:opening) ==# '{' && s:Code(l:base) =~# '^\s*switch\>'
    let l:deep = l:labels && a:code !~# '^\s*\%(case\>\|default\s*:\)'
    return indent(l:base) + shiftwidth() * (1 + l:deep)
endfunction

function PhantomIndent(line) abort
    let l:view = winsaveview()
    try
        if a:line == 1 || s:IsText(a:line, 1) && s:IsText(a:line - 1, len(getline(a:line - 1)))
            return -1
        endif
        let l:opening = s:Opening(a:line)
        if getline(a:line) =~# '^\s*[)}\]]'
            return indent(s:Base(l:opening))
        endif
        let l:inner = s:Inner(l:opening, s:Code(a:line))
        let l:before = s:Before(a:line)
        if l:before == l:opening[0] || s:Bracket(l:opening) =~# '[(\[]'
            return l:inner
        endif
        let l:code = s:Code(l:before)
        if l:code =~# '[;,{}:]$' || getline(a:line) =~# '^\s*\%(else\|case\|default\)\>'
            return l:inner
        endif
        if l:code =~# '^\s*}\?\s*\%(if\|else\|while\|do\|for\|foreach\|catch\|try\)\>'
            return indent(l:before) + shiftwidth()
        endif
        return max([indent(l:before), l:inner + shiftwidth()])
    finally
        call winrestview(l:view)
    endtry
endfunction
