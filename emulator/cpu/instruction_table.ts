import { escapeRowTexts } from "./fpu/escape_text.ts";

/**
 * The instruction table: one row per opcode. It drives the decoder, the disassembler and the tests' coverage report.
 *
 * Encoding: opcode bytes (+r: a register in the low three bits), /r a ModRM byte, /0../7 one whose reg field is part of
 * the opcode; ib iw immediate of 1, 2 bytes, ibs a byte sign-extended to the operand size, iv of the operand size; cb
 * cv a relative target of 1 byte, of the operand size; p a far pointer, mo an address.
 * The x87's register forms have their ModRM byte instead (+i: a stack register in its low three bits); all its rows
 * come from fpu/escape_table.ts.
 * Operands are named as in Intel's manual; v is 16 or 32 bits by the operand size, rAX is AX or EAX.
 * Attributes: lock (the prefix is allowed with a memory destination), rep, 486 586 686 (first processor that has it, if
 * later than the 386), alias (another encoding is the usual one), undocumented.
 */
export const INSTRUCTION_TABLE = `
# Arithmetic and logic
00 /r        | ADD r/m8, r8            | lock
01 /r        | ADD r/mv, rv            | lock
02 /r        | ADD r8, r/m8           
03 /r        | ADD rv, r/mv           
04 ib        | ADD AL, imm8           
05 iv        | ADD rAX, immv          
80 /0 ib     | ADD r/m8, imm8          | lock
81 /0 iv     | ADD r/mv, immv          | lock
82 /0 ib     | ADD r/m8, imm8          | lock alias
83 /0 ibs    | ADD r/mv, imm8          | lock
08 /r        | OR r/m8, r8             | lock
09 /r        | OR r/mv, rv             | lock
0A /r        | OR r8, r/m8            
0B /r        | OR rv, r/mv            
0C ib        | OR AL, imm8            
0D iv        | OR rAX, immv           
80 /1 ib     | OR r/m8, imm8           | lock
81 /1 iv     | OR r/mv, immv           | lock
82 /1 ib     | OR r/m8, imm8           | lock alias
83 /1 ibs    | OR r/mv, imm8           | lock
10 /r        | ADC r/m8, r8            | lock
11 /r        | ADC r/mv, rv            | lock
12 /r        | ADC r8, r/m8           
13 /r        | ADC rv, r/mv           
14 ib        | ADC AL, imm8           
15 iv        | ADC rAX, immv          
80 /2 ib     | ADC r/m8, imm8          | lock
81 /2 iv     | ADC r/mv, immv          | lock
82 /2 ib     | ADC r/m8, imm8          | lock alias
83 /2 ibs    | ADC r/mv, imm8          | lock
18 /r        | SBB r/m8, r8            | lock
19 /r        | SBB r/mv, rv            | lock
1A /r        | SBB r8, r/m8           
1B /r        | SBB rv, r/mv           
1C ib        | SBB AL, imm8           
1D iv        | SBB rAX, immv          
80 /3 ib     | SBB r/m8, imm8          | lock
81 /3 iv     | SBB r/mv, immv          | lock
82 /3 ib     | SBB r/m8, imm8          | lock alias
83 /3 ibs    | SBB r/mv, imm8          | lock
20 /r        | AND r/m8, r8            | lock
21 /r        | AND r/mv, rv            | lock
22 /r        | AND r8, r/m8           
23 /r        | AND rv, r/mv           
24 ib        | AND AL, imm8           
25 iv        | AND rAX, immv          
80 /4 ib     | AND r/m8, imm8          | lock
81 /4 iv     | AND r/mv, immv          | lock
82 /4 ib     | AND r/m8, imm8          | lock alias
83 /4 ibs    | AND r/mv, imm8          | lock
28 /r        | SUB r/m8, r8            | lock
29 /r        | SUB r/mv, rv            | lock
2A /r        | SUB r8, r/m8           
2B /r        | SUB rv, r/mv           
2C ib        | SUB AL, imm8           
2D iv        | SUB rAX, immv          
80 /5 ib     | SUB r/m8, imm8          | lock
81 /5 iv     | SUB r/mv, immv          | lock
82 /5 ib     | SUB r/m8, imm8          | lock alias
83 /5 ibs    | SUB r/mv, imm8          | lock
30 /r        | XOR r/m8, r8            | lock
31 /r        | XOR r/mv, rv            | lock
32 /r        | XOR r8, r/m8           
33 /r        | XOR rv, r/mv           
34 ib        | XOR AL, imm8           
35 iv        | XOR rAX, immv          
80 /6 ib     | XOR r/m8, imm8          | lock
81 /6 iv     | XOR r/mv, immv          | lock
82 /6 ib     | XOR r/m8, imm8          | lock alias
83 /6 ibs    | XOR r/mv, imm8          | lock
38 /r        | CMP r/m8, r8           
39 /r        | CMP r/mv, rv           
3A /r        | CMP r8, r/m8           
3B /r        | CMP rv, r/mv           
3C ib        | CMP AL, imm8           
3D iv        | CMP rAX, immv          
80 /7 ib     | CMP r/m8, imm8         
81 /7 iv     | CMP r/mv, immv         
82 /7 ib     | CMP r/m8, imm8          | alias
83 /7 ibs    | CMP r/mv, imm8         
84 /r        | TEST r/m8, r8          
85 /r        | TEST r/mv, rv          
A8 ib        | TEST AL, imm8          
A9 iv        | TEST rAX, immv         
F6 /0 ib     | TEST r/m8, imm8        
F7 /0 iv     | TEST r/mv, immv        
F6 /1 ib     | TEST r/m8, imm8         | alias
F7 /1 iv     | TEST r/mv, immv         | alias
40+r         | INC rv                 
FE /0        | INC r/m8                | lock
FF /0        | INC r/mv                | lock
48+r         | DEC rv                 
FE /1        | DEC r/m8                | lock
FF /1        | DEC r/mv                | lock
F6 /2        | NOT r/m8                | lock
F7 /2        | NOT r/mv                | lock
F6 /3        | NEG r/m8                | lock
F7 /3        | NEG r/mv                | lock
F6 /4        | MUL r/m8               
F7 /4        | MUL r/mv               
F6 /5        | IMUL r/m8              
F7 /5        | IMUL r/mv              
F6 /6        | DIV r/m8               
F7 /6        | DIV r/mv               
F6 /7        | IDIV r/m8              
F7 /7        | IDIV r/mv              
0F AF /r     | IMUL rv, r/mv          
69 /r iv     | IMUL rv, r/mv, immv    
6B /r ibs    | IMUL rv, r/mv, imm8    
27           | DAA                    
2F           | DAS                    
37           | AAA                    
3F           | AAS                    
D4 ib        | AAM imm8               
D5 ib        | AAD imm8               
98           | CBW                    
99           | CWD                    
# Shifts and rotates
C0 /0 ib     | ROL r/m8, imm8         
C1 /0 ib     | ROL r/mv, imm8         
D0 /0        | ROL r/m8, 1            
D1 /0        | ROL r/mv, 1            
D2 /0        | ROL r/m8, CL           
D3 /0        | ROL r/mv, CL           
C0 /1 ib     | ROR r/m8, imm8         
C1 /1 ib     | ROR r/mv, imm8         
D0 /1        | ROR r/m8, 1            
D1 /1        | ROR r/mv, 1            
D2 /1        | ROR r/m8, CL           
D3 /1        | ROR r/mv, CL           
C0 /2 ib     | RCL r/m8, imm8         
C1 /2 ib     | RCL r/mv, imm8         
D0 /2        | RCL r/m8, 1            
D1 /2        | RCL r/mv, 1            
D2 /2        | RCL r/m8, CL           
D3 /2        | RCL r/mv, CL           
C0 /3 ib     | RCR r/m8, imm8         
C1 /3 ib     | RCR r/mv, imm8         
D0 /3        | RCR r/m8, 1            
D1 /3        | RCR r/mv, 1            
D2 /3        | RCR r/m8, CL           
D3 /3        | RCR r/mv, CL           
C0 /4 ib     | SHL r/m8, imm8         
C1 /4 ib     | SHL r/mv, imm8         
D0 /4        | SHL r/m8, 1            
D1 /4        | SHL r/mv, 1            
D2 /4        | SHL r/m8, CL           
D3 /4        | SHL r/mv, CL           
C0 /5 ib     | SHR r/m8, imm8         
C1 /5 ib     | SHR r/mv, imm8         
D0 /5        | SHR r/m8, 1            
D1 /5        | SHR r/mv, 1            
D2 /5        | SHR r/m8, CL           
D3 /5        | SHR r/mv, CL           
C0 /6 ib     | SAL r/m8, imm8          | alias
C1 /6 ib     | SAL r/mv, imm8          | alias
D0 /6        | SAL r/m8, 1             | alias
D1 /6        | SAL r/mv, 1             | alias
D2 /6        | SAL r/m8, CL            | alias
D3 /6        | SAL r/mv, CL            | alias
C0 /7 ib     | SAR r/m8, imm8         
C1 /7 ib     | SAR r/mv, imm8         
D0 /7        | SAR r/m8, 1            
D1 /7        | SAR r/mv, 1            
D2 /7        | SAR r/m8, CL           
D3 /7        | SAR r/mv, CL           
0F A4 /r ib  | SHLD r/mv, rv, imm8    
0F A5 /r     | SHLD r/mv, rv, CL      
0F AC /r ib  | SHRD r/mv, rv, imm8    
0F AD /r     | SHRD r/mv, rv, CL      
# Bits
0F A3 /r     | BT r/mv, rv            
0F BA /4 ib  | BT r/mv, imm8          
0F AB /r     | BTS r/mv, rv            | lock
0F BA /5 ib  | BTS r/mv, imm8          | lock
0F B3 /r     | BTR r/mv, rv            | lock
0F BA /6 ib  | BTR r/mv, imm8          | lock
0F BB /r     | BTC r/mv, rv            | lock
0F BA /7 ib  | BTC r/mv, imm8          | lock
0F BC /r     | BSF rv, r/mv           
0F BD /r     | BSR rv, r/mv           
0F C8+r      | BSWAP rv                | 486
F5           | CMC                    
F8           | CLC                    
F9           | STC                    
FC           | CLD                    
FD           | STD                    
9E           | SAHF                   
9F           | LAHF                   
D6           | SALC                    | undocumented
# Moves
88 /r        | MOV r/m8, r8           
89 /r        | MOV r/mv, rv           
8A /r        | MOV r8, r/m8           
8B /r        | MOV rv, r/mv           
A0 mo        | MOV AL, moffs8         
A1 mo        | MOV rAX, moffsv        
A2 mo        | MOV moffs8, AL         
A3 mo        | MOV moffsv, rAX        
B0+r ib      | MOV r8, imm8           
B8+r iv      | MOV rv, immv           
C6 /0 ib     | MOV r/m8, imm8         
C7 /0 iv     | MOV r/mv, immv         
0F B6 /r     | MOVZX rv, r/m8         
0F B7 /r     | MOVZX rv, r/m16        
0F BE /r     | MOVSX rv, r/m8         
0F BF /r     | MOVSX rv, r/m16        
8D /r        | LEA rv, m              
86 /r        | XCHG r/m8, r8           | lock
87 /r        | XCHG r/mv, rv           | lock
90+r         | XCHG rAX, rv           
D7           | XLAT                   
0F B0 /r     | CMPXCHG r/m8, r8        | lock 486
0F B1 /r     | CMPXCHG r/mv, rv        | lock 486
0F C0 /r     | XADD r/m8, r8           | lock 486
0F C1 /r     | XADD r/mv, rv           | lock 486
0F C7 /1     | CMPXCHG8B m64           | lock 586
0F 40 /r     | CMOVO rv, r/mv          | 686
0F 41 /r     | CMOVNO rv, r/mv         | 686
0F 42 /r     | CMOVB rv, r/mv          | 686
0F 43 /r     | CMOVAE rv, r/mv         | 686
0F 44 /r     | CMOVE rv, r/mv          | 686
0F 45 /r     | CMOVNE rv, r/mv         | 686
0F 46 /r     | CMOVBE rv, r/mv         | 686
0F 47 /r     | CMOVA rv, r/mv          | 686
0F 48 /r     | CMOVS rv, r/mv          | 686
0F 49 /r     | CMOVNS rv, r/mv         | 686
0F 4A /r     | CMOVP rv, r/mv          | 686
0F 4B /r     | CMOVNP rv, r/mv         | 686
0F 4C /r     | CMOVL rv, r/mv          | 686
0F 4D /r     | CMOVGE rv, r/mv         | 686
0F 4E /r     | CMOVLE rv, r/mv         | 686
0F 4F /r     | CMOVG rv, r/mv          | 686
0F 90 /r     | SETO r/m8              
0F 91 /r     | SETNO r/m8             
0F 92 /r     | SETB r/m8              
0F 93 /r     | SETAE r/m8             
0F 94 /r     | SETE r/m8              
0F 95 /r     | SETNE r/m8             
0F 96 /r     | SETBE r/m8             
0F 97 /r     | SETA r/m8              
0F 98 /r     | SETS r/m8              
0F 99 /r     | SETNS r/m8             
0F 9A /r     | SETP r/m8              
0F 9B /r     | SETNP r/m8             
0F 9C /r     | SETL r/m8              
0F 9D /r     | SETGE r/m8             
0F 9E /r     | SETLE r/m8             
0F 9F /r     | SETG r/m8              
# Stack
50+r         | PUSH rv                
58+r         | POP rv                 
68 iv        | PUSH immv              
6A ibs       | PUSH imm8              
FF /6        | PUSH r/mv              
8F /0        | POP r/mv               
06           | PUSH ES                
07           | POP ES                 
0E           | PUSH CS                
16           | PUSH SS                
17           | POP SS                 
1E           | PUSH DS                
1F           | POP DS                 
0F A0        | PUSH FS                
0F A1        | POP FS                 
0F A8        | PUSH GS                
0F A9        | POP GS                 
60           | PUSHA                  
61           | POPA                   
9C           | PUSHF                  
9D           | POPF                   
C8 iw ib     | ENTER imm16, imm8      
C9           | LEAVE                  
# Control transfer
70 cb        | JO rel8                
71 cb        | JNO rel8               
72 cb        | JB rel8                
73 cb        | JAE rel8               
74 cb        | JE rel8                
75 cb        | JNE rel8               
76 cb        | JBE rel8               
77 cb        | JA rel8                
78 cb        | JS rel8                
79 cb        | JNS rel8               
7A cb        | JP rel8                
7B cb        | JNP rel8               
7C cb        | JL rel8                
7D cb        | JGE rel8               
7E cb        | JLE rel8               
7F cb        | JG rel8                
0F 80 cv     | JO relv                
0F 81 cv     | JNO relv               
0F 82 cv     | JB relv                
0F 83 cv     | JAE relv               
0F 84 cv     | JE relv                
0F 85 cv     | JNE relv               
0F 86 cv     | JBE relv               
0F 87 cv     | JA relv                
0F 88 cv     | JS relv                
0F 89 cv     | JNS relv               
0F 8A cv     | JP relv                
0F 8B cv     | JNP relv               
0F 8C cv     | JL relv                
0F 8D cv     | JGE relv               
0F 8E cv     | JLE relv               
0F 8F cv     | JG relv                
EB cb        | JMP rel8               
E9 cv        | JMP relv               
FF /4        | JMP r/mv               
EA p         | JMP ptr16:v            
FF /5        | JMP m16:v              
E8 cv        | CALL relv              
FF /2        | CALL r/mv              
9A p         | CALL ptr16:v           
FF /3        | CALL m16:v             
C3           | RET                    
C2 iw        | RET imm16              
CB           | RETF                   
CA iw        | RETF imm16             
E0 cb        | LOOPNE rel8            
E1 cb        | LOOPE rel8             
E2 cb        | LOOP rel8              
E3 cb        | JCXZ rel8              
CC           | INT3                   
CD ib        | INT imm8               
CE           | INTO                   
CF           | IRET                   
F1           | INT1                    | undocumented
62 /r        | BOUND rv, m            
0F 0B        | UD2                    
# Strings
A4           | MOVSB                   | rep
A5           | MOVSV                   | rep
A6           | CMPSB                   | rep
A7           | CMPSV                   | rep
AA           | STOSB                   | rep
AB           | STOSV                   | rep
AC           | LODSB                   | rep
AD           | LODSV                   | rep
AE           | SCASB                   | rep
AF           | SCASV                   | rep
6C           | INSB                    | rep
6D           | INSV                    | rep
6E           | OUTSB                   | rep
6F           | OUTSV                   | rep
# Input and output
E4 ib        | IN AL, imm8            
E5 ib        | IN rAX, imm8           
EC           | IN AL, DX              
ED           | IN rAX, DX             
E6 ib        | OUT imm8, AL           
E7 ib        | OUT imm8, rAX          
EE           | OUT DX, AL             
EF           | OUT DX, rAX            
# Segments
8E /r        | MOV Sreg, r/m16        
8C /r        | MOV r/mv, Sreg         
C4 /r        | LES rv, m16:v          
C5 /r        | LDS rv, m16:v          
0F B2 /r     | LSS rv, m16:v          
0F B4 /r     | LFS rv, m16:v          
0F B5 /r     | LGS rv, m16:v          
0F 00 /0     | SLDT r/mv              
0F 00 /1     | STR r/mv               
0F 00 /2     | LLDT r/m16             
0F 00 /3     | LTR r/m16              
0F 00 /4     | VERR r/m16             
0F 00 /5     | VERW r/m16             
0F 02 /r     | LAR rv, r/m16          
0F 03 /r     | LSL rv, r/m16          
63 /r        | ARPL r/m16, r16        
# System
0F 01 /0     | SGDT m                 
0F 01 /1     | SIDT m                 
0F 01 /2     | LGDT m                 
0F 01 /3     | LIDT m                 
0F 01 /4     | SMSW r/mv              
0F 01 /6     | LMSW r/m16             
0F 01 /7     | INVLPG m                | 486
0F 20 /r     | MOV r32, CRn           
0F 21 /r     | MOV r32, DRn           
0F 22 /r     | MOV CRn, r32           
0F 23 /r     | MOV DRn, r32           
0F 06        | CLTS                   
0F 08        | INVD                    | 486
0F 09        | WBINVD                  | 486
FA           | CLI                    
FB           | STI                    
F4           | HLT                    
0F 30        | WRMSR                   | 586
0F 31        | RDTSC                   | 586
0F 32        | RDMSR                   | 586
0F A2        | CPUID                   | 486
0F 34        | SYSENTER                | 686
0F 35        | SYSEXIT                 | 686
0F 1F /r     | NOP r/mv                | 686
0F 18 /r     | NOP r/mv                | 686
0F 19 /r     | NOP r/mv                | 686
0F 1A /r     | NOP r/mv                | 686
0F 1B /r     | NOP r/mv                | 686
0F 1C /r     | NOP r/mv                | 686
0F 1D /r     | NOP r/mv                | 686
0F 1E /r     | NOP r/mv                | 686
9B           | WAIT                   
0F AE /0     | FXSAVE m                | fpu 686
0F AE /1     | FXRSTOR m               | fpu 686
# x87
${escapeRowTexts()}
`;
