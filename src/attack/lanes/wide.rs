//! The hashes of 64-bit words: SHA-512, SHA-3 and BLAKE2b, one block of each lane. Written as those of 32 bits are.
//!
//! Sources: FIPS 180-4, FIPS 202, RFC 7693.

/// The words of one block of each lane.
pub type Words64<const L: usize> = [[u64; L]; 16];

/// The first word of the digest of each lane, big-endian.
pub type First64<const L: usize> = [u64; L];

macro_rules! rounds {
    ($step:ident, [$($i:literal)*]) => { $( $step!($i); )* };
}

const SHA512_K: [u64; 80] = [
    0x428a2f98d728ae22,
    0x7137449123ef65cd,
    0xb5c0fbcfec4d3b2f,
    0xe9b5dba58189dbbc,
    0x3956c25bf348b538,
    0x59f111f1b605d019,
    0x923f82a4af194f9b,
    0xab1c5ed5da6d8118,
    0xd807aa98a3030242,
    0x12835b0145706fbe,
    0x243185be4ee4b28c,
    0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f,
    0x80deb1fe3b1696b1,
    0x9bdc06a725c71235,
    0xc19bf174cf692694,
    0xe49b69c19ef14ad2,
    0xefbe4786384f25e3,
    0x0fc19dc68b8cd5b5,
    0x240ca1cc77ac9c65,
    0x2de92c6f592b0275,
    0x4a7484aa6ea6e483,
    0x5cb0a9dcbd41fbd4,
    0x76f988da831153b5,
    0x983e5152ee66dfab,
    0xa831c66d2db43210,
    0xb00327c898fb213f,
    0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2,
    0xd5a79147930aa725,
    0x06ca6351e003826f,
    0x142929670a0e6e70,
    0x27b70a8546d22ffc,
    0x2e1b21385c26c926,
    0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df,
    0x650a73548baf63de,
    0x766a0abb3c77b2a8,
    0x81c2c92e47edaee6,
    0x92722c851482353b,
    0xa2bfe8a14cf10364,
    0xa81a664bbc423001,
    0xc24b8b70d0f89791,
    0xc76c51a30654be30,
    0xd192e819d6ef5218,
    0xd69906245565a910,
    0xf40e35855771202a,
    0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8,
    0x1e376c085141ab53,
    0x2748774cdf8eeb99,
    0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63,
    0x4ed8aa4ae3418acb,
    0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc,
    0x78a5636f43172f60,
    0x84c87814a1f0ab72,
    0x8cc702081a6439ec,
    0x90befffa23631e28,
    0xa4506cebde82bde9,
    0xbef9a3f7b2c67915,
    0xc67178f2e372532b,
    0xca273eceea26619c,
    0xd186b8c721c0c207,
    0xeada7dd6cde0eb1e,
    0xf57d4f7fee6ed178,
    0x06f067aa72176fba,
    0x0a637dc5a2c898a6,
    0x113f9804bef90dae,
    0x1b710b35131c471b,
    0x28db77f523047d84,
    0x32caab7b40c72493,
    0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6,
    0x597f299cfc657e2a,
    0x5fcb6fab3ad6faec,
    0x6c44198c4a475817,
];

/// SHA-512's initial state.
const SHA512_H: [u64; 8] = [
    0x6a09e667f3bcc908,
    0xbb67ae8584caa73b,
    0x3c6ef372fe94f82b,
    0xa54ff53a5f1d36f1,
    0x510e527fade682d1,
    0x9b05688c2b3e6c1f,
    0x1f83d9abfb41bd6b,
    0x5be0cd19137e2179,
];

/// SHA-512. Words are big-endian.
#[inline(always)]
pub fn sha512<const L: usize>(words: &Words64<L>, out: &mut First64<L>) {
    for lane in 0..L {
        let mut w: [u64; 16] = std::array::from_fn(|i| words[i][lane]);
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = SHA512_H;
        macro_rules! step {
            ($i:literal) => {
                if $i >= 16 {
                    let (x, y) = (w[($i + 1) % 16], w[($i + 14) % 16]);
                    let s0 = x.rotate_right(1) ^ x.rotate_right(8) ^ (x >> 7);
                    let s1 = y.rotate_right(19) ^ y.rotate_right(61) ^ (y >> 6);
                    w[$i % 16] = w[$i % 16]
                        .wrapping_add(s0)
                        .wrapping_add(w[($i + 9) % 16])
                        .wrapping_add(s1);
                }
                let s1 = e.rotate_right(14) ^ e.rotate_right(18) ^ e.rotate_right(41);
                let ch = g ^ (e & (f ^ g));
                let t1 = h
                    .wrapping_add(s1)
                    .wrapping_add(ch)
                    .wrapping_add(SHA512_K[$i])
                    .wrapping_add(w[$i % 16]);
                let s0 = a.rotate_right(28) ^ a.rotate_right(34) ^ a.rotate_right(39);
                let maj = (a & b) | (c & (a | b));
                (h, g, f, e, d, c, b, a) = (
                    g,
                    f,
                    e,
                    d.wrapping_add(t1),
                    c,
                    b,
                    a,
                    t1.wrapping_add(s0).wrapping_add(maj),
                );
            };
        }
        rounds!(step, [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79]);
        let _ = (b, c, d, e, f, g, h);
        out[lane] = a.wrapping_add(SHA512_H[0]);
    }
}

const KECCAK_RC: [u64; 24] = [
    0x0000000000000001,
    0x0000000000008082,
    0x800000000000808a,
    0x8000000080008000,
    0x000000000000808b,
    0x0000000080000001,
    0x8000000080008081,
    0x8000000000008009,
    0x000000000000008a,
    0x0000000000000088,
    0x0000000080008009,
    0x000000008000000a,
    0x000000008000808b,
    0x800000000000008b,
    0x8000000000008089,
    0x8000000000008003,
    0x8000000000008002,
    0x8000000000000080,
    0x000000000000800a,
    0x800000008000000a,
    0x8000000080008081,
    0x8000000000008080,
    0x0000000080000001,
    0x8000000080008008,
];
/// SHA-3 of a message of at most a block; the words hold its padding. Words are little-endian; `rate` in words.
///
/// A round at a time over all lanes: the compiler makes vector code of one round, and none of twenty-four in a row.
#[inline(always)]
pub fn sha3<const L: usize>(rate: usize, words: &Words64<L>, out: &mut First64<L>) {
    let mut state = [[0; L]; 25];
    state[..16].copy_from_slice(words);
    for word in &mut state[rate - 1] {
        *word ^= 1 << 63;
    }
    let mut other = [[0; L]; 25];
    for pair in KECCAK_RC.chunks(2) {
        round(&state, &mut other, pair[0]);
        round(&other, &mut state, pair[1]);
    }
    for lane in 0..L {
        out[lane] = state[0][lane].swap_bytes();
    }
}

/// One round: each row of five words that it makes comes from five words that theta, rho and pi bring there.
#[inline(always)]
fn round<const L: usize>(from: &[[u64; L]; 25], to: &mut [[u64; L]; 25], constant: u64) {
    for lane in 0..L {
        macro_rules! c {
            ($x:literal) => {
                from[$x][lane]
                    ^ from[$x + 5][lane]
                    ^ from[$x + 10][lane]
                    ^ from[$x + 15][lane]
                    ^ from[$x + 20][lane]
            };
        }
        let c: [u64; 5] = [c!(0), c!(1), c!(2), c!(3), c!(4)];
        macro_rules! d {
            ($x:literal) => {
                c[($x + 4) % 5] ^ c[($x + 1) % 5].rotate_left(1)
            };
        }
        let d: [u64; 5] = [d!(0), d!(1), d!(2), d!(3), d!(4)];
        macro_rules! row {
            ($y:literal, $([$i:literal $r:literal])*) => {
                let t = [$( (from[$i][lane] ^ d[$i % 5]).rotate_left($r) ),*];
                to[$y][lane] = t[0] ^ (!t[1] & t[2]) ^ if $y == 0 { constant } else { 0 };
                to[$y + 1][lane] = t[1] ^ (!t[2] & t[3]);
                to[$y + 2][lane] = t[2] ^ (!t[3] & t[4]);
                to[$y + 3][lane] = t[3] ^ (!t[4] & t[0]);
                to[$y + 4][lane] = t[4] ^ (!t[0] & t[1]);
            };
        }
        row!(0, [0 0] [6 44] [12 43] [18 21] [24 14]);
        row!(5, [3 28] [9 20] [10 3] [16 45] [22 61]);
        row!(10, [1 1] [7 6] [13 25] [19 8] [20 18]);
        row!(15, [4 27] [5 36] [11 10] [17 15] [23 56]);
        row!(20, [2 62] [8 55] [14 39] [15 41] [21 2]);
    }
}

const BLAKE2B_SIGMA: [[usize; 16]; 12] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
];

macro_rules! mix64 {
    ($v:ident, $a:literal $b:literal $c:literal $d:literal, $x:expr, $y:expr) => {
        $v[$a] = $v[$a].wrapping_add($v[$b]).wrapping_add($x);
        $v[$d] = ($v[$d] ^ $v[$a]).rotate_right(32);
        $v[$c] = $v[$c].wrapping_add($v[$d]);
        $v[$b] = ($v[$b] ^ $v[$c]).rotate_right(24);
        $v[$a] = $v[$a].wrapping_add($v[$b]).wrapping_add($y);
        $v[$d] = ($v[$d] ^ $v[$a]).rotate_right(16);
        $v[$c] = $v[$c].wrapping_add($v[$d]);
        $v[$b] = ($v[$b] ^ $v[$c]).rotate_right(63);
    };
}

/// BLAKE2b of so many bytes, without key, of a message of at most a block. Words are little-endian.
#[inline(always)]
pub fn blake2b<const L: usize>(bytes: u64, length: u64, words: &Words64<L>, out: &mut First64<L>) {
    let first = SHA512_H[0] ^ 0x0101_0000 ^ bytes;
    for lane in 0..L {
        let w: [u64; 16] = std::array::from_fn(|i| words[i][lane]);
        let iv = SHA512_H;
        let mut v = [
            first,
            iv[1],
            iv[2],
            iv[3],
            iv[4],
            iv[5],
            iv[6],
            iv[7],
            iv[0],
            iv[1],
            iv[2],
            iv[3],
            iv[4] ^ length,
            iv[5],
            !iv[6],
            iv[7],
        ];
        macro_rules! step {
            ($i:literal) => {
                let s = BLAKE2B_SIGMA[$i];
                mix64!(v, 0 4 8 12, w[s[0]], w[s[1]]);
                mix64!(v, 1 5 9 13, w[s[2]], w[s[3]]);
                mix64!(v, 2 6 10 14, w[s[4]], w[s[5]]);
                mix64!(v, 3 7 11 15, w[s[6]], w[s[7]]);
                mix64!(v, 0 5 10 15, w[s[8]], w[s[9]]);
                mix64!(v, 1 6 11 12, w[s[10]], w[s[11]]);
                mix64!(v, 2 7 8 13, w[s[12]], w[s[13]]);
                mix64!(v, 3 4 9 14, w[s[14]], w[s[15]]);
            };
        }
        rounds!(step, [0 1 2 3 4 5 6 7 8 9 10 11]);
        out[lane] = (first ^ v[0] ^ v[8]).swap_bytes();
    }
}
