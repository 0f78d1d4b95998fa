" Sources of the Phantom language.
"
" SPDX-License-Identifier: LGPL-2.1-or-later

autocmd BufNewFile,BufRead *.ph setfiletype phantom
