/** Scripts whose output and status must be what dash gives. Both shells find the programs of userland/bin on PATH. */
export const scripts: Record<string, string> = {
  "words and blanks": "echo  a\tb   c ; echo ''; echo",
  "single quotes": `echo 'a  $HOME "b" \\' 'it'\\''s'`,
  "double quotes": `x='a  b'; echo "$x" $x "\\$x \\" \\\\ \\-" "'"`,
  backslashes: "echo a\\ b \\$x \\\\ \\; a\\\nb",
  comments: "echo a # b\n# only this\necho c#d",
  "sequences and newlines": "echo a; echo b\n\n\necho c;",
  "and, or":
    "true && echo 1; false && echo 2; true || echo 3; false || echo 4; false && echo 5 || echo 6; true || echo 7 && echo 8",
  "over several lines": "true &&\n\n echo a\nfalse ||\necho b\necho c |\ncat",
  negation: "! true; echo $?; ! false; echo $?; ! false && echo yes",
  status: "false; echo $? $?; true; echo $?; sh -c 'exit 42'; echo $?; nullderef 2>/dev/null; echo $?",
  "status of the last command is the shell's": "true; sh -c 'exit 7'",
  exit: "echo a; exit 3; echo b",
  "exit with the last status": "false; exit",
  "exit in a subshell": "(exit 4; echo no); echo $?",
  assignment: 'a=1 b=2; echo $a$b; a=; echo "[$a]"; c=x=y; echo $c; d=\'a  b\'; e=$d; echo "$e"',
  "assignment for one command": "v=1 sh -c 'echo $v'; echo \"[$v]\"; export v; v=2 sh -c 'echo $v'; sh -c 'echo [$v]'",
  export:
    "a=1; sh -c 'echo [$a]'; export a; sh -c 'echo [$a]'; a=2; sh -c 'echo [$a]'; export b=3; sh -c 'echo $b'; unset a; sh -c 'echo [$a]'",
  braces:
    "x=val; echo ${x}y ${x:-no} ${n:-yes} ${n-yes} ${x:+set} ${n:+set}. ${#x} ${#n}; e=; echo [${e-a}] [${e:-b}] [${e+c}] [${e:+d}]",
  "braces with words": `echo \${n:-a b   c} "\${n:-a   b}" \${n:-'x  y'} \${n:-"q $HOME"x} \${n:-\${m:-deep}}`,
  "dollars that are none": "echo $ a$ $% \"$\" '$'",
  "field splitting": `x=' a  b '; for w in $x; do echo "<$w>"; done; for w in "$x"; do echo "<$w>"; done; for w in p$x-q; do echo "<$w>"; done`,
  "empty fields": `e=; for w in $e "$e" ''; do echo "<$w>"; done`,
  positional: `echo $0 $1 "$2" $# ; for w in "$@"; do echo "<$w>"; done; for w in $*; do echo "<$w>"; done; for w in "$*"; do echo "<$w>"; done; for w; do echo $w; done; echo x"$@"y`,
  "no positional": `for w in "$@" $*; do echo never; done; echo [$1] $#`,
  substitution: `x=$(echo a; echo b; echo); echo "$x" $x; echo "in $(echo "deep $(echo '  er')")" $(true); y=$(false); echo $?; echo $(echo ')')`,
  "substitution with parentheses": 'echo $( (echo a) ) $(echo "(")',
  pipes: "echo a | cat | cat; echo b | (cat; echo c) | cat; false | true; echo $?; true | false; echo $?",
  redirection:
    "echo a > f; cat < f; echo b >> f; cat f; cat f > g; cat < g > h; cat h; > empty; cat empty; echo x > 'with space'; cat with\\ space",
  descriptors:
    "cat nosuch 2> err; cat err; cat nosuch 2>&1 | cat; echo out >&2 2> /dev/null; { echo a; echo b >&2; } > both 2>&1; cat both; echo gone >&-",
  "redirection of groups":
    "{ echo a; echo b; } > f; cat f; (echo c; cat nosuch) > f 2>&1; cat f; for i in 1 2; do echo $i; done > f; cat f; if true; then cat; fi < f; while false; do :; done > f; cat f",
  "redirection of builtins": "cd / > f; export zz=1 > f; : > f; echo end; pwd > /dev/null",
  "exec with redirections": "exec > f; echo hidden; cat f >&2",
  exec: "exec echo replaced; echo never",
  subshells: "x=1; (x=2; echo $x; cd /; pwd); echo $x; (echo a; (echo b; (echo c)))",
  groups: "{ echo a; }; { x=5; }; echo $x; { false; }; echo $?",
  if: "if true; then echo a; fi; if false; then echo b; else echo c; fi; if false; then echo d; elif true; then echo e; else echo f; fi; if false; then echo g; fi; echo $?",
  "if over lines": "if\n true\nthen\n echo a\nelif false; then echo b\nelse\n echo c\nfi",
  "while and until":
    'n=; while [ ${#n} -lt 3 ]; do n=x$n; echo $n; done; until [ -z "$n" ]; do n=; echo done; done; while false; do :; done; echo $?',
  for: "for i in 1 'a b' $x c; do echo \"<$i>\"; done; for i in; do echo never; done; for f\nin a b\ndo echo $f\ndone; echo $i",
  "reserved words as arguments": "echo if then else fi do done for in while { }; for in in in; do echo $in; done",
  globs:
    "echo * ; echo d/* */x ?? [ab]* [!ab]* [a-c]? .h* 'a*' \"a*\" \\a\\* nosuch* d/../a* ; x='*'; echo $x \"$x\"; echo /de[v]/nul[l] d//x*",
  "globs that end in a slash": "echo */ d/.",
  "glob in a for": 'for f in a*; do echo "<$f>"; done',
  "glob of a directory that is not there": "echo nosuch/* *nosuch/x",
  "no glob in assignments and targets": "x=a*; echo \"$x\"; echo q > 'lit*'; cat lit\\*",
  tilde: "HOME=/home/me; echo ~ ~/x a~ '~' \"~\"",
  cd: "cd d; pwd; cd ..; cd /usr; echo $PWD; cd - ; cd nosuch 2>/dev/null || echo failed",
  test: `[ a ] && [ -n a ] && [ -z '' ] && [ a = a ] && [ a != b ] && echo 1; [ '' ]; echo $?; [ ]; echo $?; test; echo $?; [ 2 -gt 1 ] && [ 1 -lt 2 ] && [ 1 -le 1 ] && [ 1 -ge 1 ] && [ -1 -ne 1 ] && [ 07 -eq 7 ] && echo 2`,
  "test of files":
    "[ -f a1 ] && [ -d d ] && [ -e d ] && [ ! -e nosuch ] && [ -s a1 ] && [ ! -s b2 ] && [ -r a1 ] && [ -w a1 ] && [ ! -x a1 ] && [ -x d ] && echo ok",
  "test with operators as words": `[ ! ] && echo 1; [ ! = ! ] && echo 2; [ -n ] && echo 3; [ ! -n x ]; echo $?; [ ! '' ] && echo 4; [ '(' = '(' ] && echo 5; [ a -a b ] && echo 6; [ '' -o b ] && echo 7; [ '' -a b ]; echo $?`,
  "exit status of what cannot run":
    "nosuch 2>/dev/null; echo $?; ./d 2>/dev/null; echo $?; ./a1 2>/dev/null; echo $?; /nosuch 2>/dev/null; echo $?; '' 2>/dev/null; echo $?",
  "an executable text file is a script": "echo 'echo script $0 $1' > scr; ./scr x 2>/dev/null; echo $?",
  "a failed redirection":
    "echo a > /nosuch/f 2>/dev/null || echo 1; cat < nosuch 2>/dev/null || echo 2; { echo b; } > /nosuch/f 2>/dev/null || echo 3",
  "a background command": "echo a > f & \n[ -n \"$!\" ] && echo started; sh -c 'exit 0' & true",
  "$$ is the shell also in a subshell": "[ $$ -gt 1 ] && echo yes",
  colon: ': ; echo $?; : a b c; x=$(:); echo "[$x]"',
};
