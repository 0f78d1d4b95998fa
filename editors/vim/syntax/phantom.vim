" Phantom sources. test/editors_test.py compares the words with the compiler's.
"
" SPDX-License-Identifier: LGPL-2.1-or-later

if exists('b:current_syntax')
    finish
endif

syntax iskeyword @,48-57,_,$

syntax keyword phantomStructure class interface extends implements package import attribute
syntax keyword phantomModifier public private static abstract const final synchronized
syntax keyword phantomStatement return break continue throw try catch finally in
syntax keyword phantomConditional if else switch
syntax keyword phantomLabel case default
syntax keyword phantomRepeat while do for foreach
syntax keyword phantomOperator new instanceof
syntax keyword phantomDeclare var fun
syntax keyword phantomSelf this super
syntax keyword phantomConstant true false null
syntax keyword phantomType void any object boolean bool char int long float double string
syntax keyword phantomType words bytes chars ints longs floats doubles

" Behind a dot even a keyword is a name.
syntax match phantomMember /\.\@1<!\.\s*\h[[:alnum:]_$]*/ contains=NONE

syntax match phantomAttribute /@\s*\~\?\h[[:alnum:]_$]*/

syntax match phantomNumber /\<\%(0[xX]\x\+\|\d\+\)L\?\>/
syntax match phantomFloat /\<\d\+\.\d\+\%([eE][-+]\?\d\+\)\?[fF]\?\>/
syntax match phantomFloat /\<\d\+[eE][-+]\?\d\+[fF]\?\>/

syntax match phantomEscape /\\\%(u\x\{4}\|x\x\{2}\|[nrtb0"'\\]\)/ contained
syntax match phantomWrong /\\[^unrtbx0"'\\{]/ contained
syntax match phantomCharacter /'\%(\\\%(u\x\{4}\|x\x\{2}\|.\)\|[^'\\]\)'/ contains=phantomEscape,phantomWrong
syntax region phantomString start=/"/ skip=/\\\\\|\\"/ end=/"/ contains=phantomEscape,phantomWrong,phantomPiece,@Spell

" \{expression}: strings in it, and braces, are its own.
syntax region phantomPiece matchgroup=phantomBrace start=/\\{/ end=/}/ contained contains=TOP
syntax region phantomBlock start=/{/ end=/}/ transparent fold contains=TOP

syntax keyword phantomTodo TODO contained
syntax match phantomComment "//.*$" contains=phantomTodo,@Spell
syntax region phantomComment start="/\*" end="\*/" contains=phantomTodo,@Spell
syntax match phantomShebang /\%^#!.*/

syntax sync fromstart

highlight default link phantomStructure Structure
highlight default link phantomModifier StorageClass
highlight default link phantomStatement Statement
highlight default link phantomConditional Conditional
highlight default link phantomLabel Label
highlight default link phantomRepeat Repeat
highlight default link phantomOperator Operator
highlight default link phantomDeclare Keyword
highlight default link phantomSelf Identifier
highlight default link phantomConstant Constant
highlight default link phantomType Type
highlight default link phantomAttribute PreProc
highlight default link phantomNumber Number
highlight default link phantomFloat Float
highlight default link phantomCharacter Character
highlight default link phantomString String
highlight default link phantomEscape SpecialChar
highlight default link phantomWrong Error
highlight default link phantomBrace Delimiter
highlight default link phantomTodo Todo
highlight default link phantomComment Comment
highlight default link phantomShebang PreProc

let b:current_syntax = 'phantom'
