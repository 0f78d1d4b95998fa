" Phantom sources: comments, `gq` and `:make`.
"
" SPDX-License-Identifier: LGPL-2.1-or-later

if exists('b:did_ftplugin')
    finish
endif
let b:did_ftplugin = 1

setlocal comments=s1:/*,mb:*,ex:*/,:// commentstring=//\ %s
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal formatoptions-=t formatoptions+=croql
setlocal iskeyword=@,48-57,_,$
setlocal suffixesadd=.ph

" gggqG lays out the whole of it.
setlocal formatexpr=PhantomFormat()

" :make goes to what the compiler says, and to what is surely a mistake.
setlocal makeprg=phantom\ lint\ %:S
setlocal errorformat=%f:%l:%c:\ %trror:\ %m,%f:%l:%c:\ %tarning:\ %m,%f:\ %trror:\ %m,%-G%.%#

let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop<'
    \ . ' formatoptions< iskeyword< suffixesadd< formatexpr< makeprg< errorformat<'

if exists('*PhantomFormat')
    finish
endif

" A piece of a source is none: vim itself formats that. What does not parse stays as it is.
function PhantomFormat() abort
    if mode() =~# '[iR]' || v:lnum != 1 || v:count != line('$')
        return 1
    endif
    let l:lines = systemlist('phantom fmt', getline(1, '$'))
    if v:shell_error != 0
        echohl ErrorMsg | echomsg get(l:lines, 0, 'phantom fmt failed') | echohl None
        return 0
    endif
    let l:view = winsaveview()
    call setline(1, l:lines)
    silent! execute len(l:lines) + 1 . ',$delete _'
    call winrestview(l:view)
    return 0
endfunction
