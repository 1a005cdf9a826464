//! The hashes of 32-bit words: MD5, SHA-1, SHA-256, BLAKE2s and BLAKE3, one block of each lane.
//!
//! Each is written once for one lane, without loops, inside a loop over the lanes: that is what the compiler turns into
//! vector code. Sources: RFC 1321, FIPS 180-4, RFC 7693, the BLAKE3 paper.

/// The words of one block of each lane.
pub type Words32<const L: usize> = [[u32; L]; 16];

/// So many words of the digest of each lane, big-endian.
pub type State32<const N: usize, const L: usize> = [[u32; L]; N];

macro_rules! rounds {
    ($step:ident, [$($i:literal)*]) => { $( $step!($i); )* };
}

const MD5_K: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];
const MD5_SHIFT: [[u32; 4]; 4] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];

/// MD5. Words are little-endian.
#[inline(always)]
pub fn md5<const L: usize>(words: &Words32<L>, out: &mut State32<2, L>) {
    for lane in 0..L {
        let w: [u32; 16] = std::array::from_fn(|i| words[i][lane]);
        let (mut a, mut b, mut c, mut d) = (
            0x6745_2301_u32,
            0xefcd_ab89_u32,
            0x98ba_dcfe_u32,
            0x1032_5476_u32,
        );
        macro_rules! step {
            ($i:literal) => {
                let (f, g) = match $i / 16 {
                    0 => (d ^ (b & (c ^ d)), $i),
                    1 => (c ^ (d & (b ^ c)), (5 * $i + 1) % 16),
                    2 => (b ^ c ^ d, (3 * $i + 5) % 16),
                    _ => (c ^ (b | !d), (7 * $i) % 16),
                };
                let sum = a.wrapping_add(f).wrapping_add(MD5_K[$i]).wrapping_add(w[g]);
                (a, d, c, b) = (
                    d,
                    c,
                    b,
                    b.wrapping_add(sum.rotate_left(MD5_SHIFT[$i / 16][$i % 4])),
                );
            };
        }
        rounds!(step, [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63]);
        out[0][lane] = a.wrapping_add(0x6745_2301).swap_bytes();
        out[1][lane] = b.wrapping_add(0xefcd_ab89).swap_bytes();
        let _ = (c, d);
    }
}

/// SHA-1. Words are big-endian.
#[inline(always)]
pub fn sha1<const L: usize>(words: &Words32<L>, out: &mut State32<2, L>) {
    const H: [u32; 5] = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    for lane in 0..L {
        let mut w: [u32; 16] = std::array::from_fn(|i| words[i][lane]);
        let [mut a, mut b, mut c, mut d, mut e] = H;
        macro_rules! step {
            ($i:literal) => {
                if $i >= 16 {
                    w[$i % 16] =
                        (w[($i + 13) % 16] ^ w[($i + 8) % 16] ^ w[($i + 2) % 16] ^ w[$i % 16])
                            .rotate_left(1);
                }
                let (f, k) = match $i / 20 {
                    0 => (d ^ (b & (c ^ d)), 0x5a82_7999_u32),
                    1 => (b ^ c ^ d, 0x6ed9_eba1),
                    2 => ((b & c) | (d & (b | c)), 0x8f1b_bcdc),
                    _ => (b ^ c ^ d, 0xca62_c1d6),
                };
                let sum = a
                    .rotate_left(5)
                    .wrapping_add(f)
                    .wrapping_add(e)
                    .wrapping_add(k)
                    .wrapping_add(w[$i % 16]);
                (e, d, c, b, a) = (d, c, b.rotate_left(30), a, sum);
            };
        }
        rounds!(step, [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79]);
        out[0][lane] = a.wrapping_add(H[0]);
        out[1][lane] = b.wrapping_add(H[1]);
        let _ = (c, d, e);
    }
}

const SHA256_K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// SHA-256's initial state, which is BLAKE2s' and BLAKE3's too.
const SHA256_H: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// SHA-256. Words are big-endian.
#[inline(always)]
pub fn sha256<const L: usize>(words: &Words32<L>, out: &mut State32<2, L>) {
    for lane in 0..L {
        let mut w: [u32; 16] = std::array::from_fn(|i| words[i][lane]);
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = SHA256_H;
        macro_rules! step {
            ($i:literal) => {
                if $i >= 16 {
                    let (x, y) = (w[($i + 1) % 16], w[($i + 14) % 16]);
                    let s0 = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
                    let s1 = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
                    w[$i % 16] = w[$i % 16]
                        .wrapping_add(s0)
                        .wrapping_add(w[($i + 9) % 16])
                        .wrapping_add(s1);
                }
                let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
                let ch = g ^ (e & (f ^ g));
                let t1 = h
                    .wrapping_add(s1)
                    .wrapping_add(ch)
                    .wrapping_add(SHA256_K[$i])
                    .wrapping_add(w[$i % 16]);
                let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
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
        rounds!(step, [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63]);
        out[0][lane] = a.wrapping_add(SHA256_H[0]);
        out[1][lane] = b.wrapping_add(SHA256_H[1]);
        let _ = (c, d, e, f, g, h);
    }
}

const BLAKE2S_SIGMA: [[usize; 16]; 10] = [
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
];
const BLAKE3_SIGMA: [[usize; 16]; 7] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8],
    [3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1],
    [10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6],
    [12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4],
    [9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7],
    [11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13],
];

macro_rules! mix32 {
    ($v:ident, $a:literal $b:literal $c:literal $d:literal, $x:expr, $y:expr) => {
        $v[$a] = $v[$a].wrapping_add($v[$b]).wrapping_add($x);
        $v[$d] = ($v[$d] ^ $v[$a]).rotate_right(16);
        $v[$c] = $v[$c].wrapping_add($v[$d]);
        $v[$b] = ($v[$b] ^ $v[$c]).rotate_right(12);
        $v[$a] = $v[$a].wrapping_add($v[$b]).wrapping_add($y);
        $v[$d] = ($v[$d] ^ $v[$a]).rotate_right(8);
        $v[$c] = $v[$c].wrapping_add($v[$d]);
        $v[$b] = ($v[$b] ^ $v[$c]).rotate_right(7);
    };
}
macro_rules! blake32 {
    ($v:ident, $w:ident, $sigma:expr) => {
        let s = $sigma;
        mix32!($v, 0 4 8 12, $w[s[0]], $w[s[1]]);
        mix32!($v, 1 5 9 13, $w[s[2]], $w[s[3]]);
        mix32!($v, 2 6 10 14, $w[s[4]], $w[s[5]]);
        mix32!($v, 3 7 11 15, $w[s[6]], $w[s[7]]);
        mix32!($v, 0 5 10 15, $w[s[8]], $w[s[9]]);
        mix32!($v, 1 6 11 12, $w[s[10]], $w[s[11]]);
        mix32!($v, 2 7 8 13, $w[s[12]], $w[s[13]]);
        mix32!($v, 3 4 9 14, $w[s[14]], $w[s[15]]);
    };
}

/// BLAKE2s of 32 bytes, without key, of a message of at most a block. Words are little-endian.
#[inline(always)]
pub fn blake2s<const L: usize>(length: u32, words: &Words32<L>, out: &mut State32<2, L>) {
    const H0: u32 = SHA256_H[0] ^ 0x0101_0020;
    for lane in 0..L {
        let w: [u32; 16] = std::array::from_fn(|i| words[i][lane]);
        let iv = SHA256_H;
        let mut v = [
            H0,
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
                blake32!(v, w, BLAKE2S_SIGMA[$i]);
            };
        }
        rounds!(step, [0 1 2 3 4 5 6 7 8 9]);
        out[0][lane] = (H0 ^ v[0] ^ v[8]).swap_bytes();
        out[1][lane] = (iv[1] ^ v[1] ^ v[9]).swap_bytes();
    }
}

/// BLAKE3 of 32 bytes, without key, of a message of at most a block: the first N words of the digest. Words are little-endian.
#[inline(always)]
pub fn blake3<const N: usize, const L: usize>(
    length: u32,
    words: &Words32<L>,
    out: &mut State32<N, L>,
) {
    /// First and last block of the only chunk, which is the root.
    const FLAGS: u32 = 1 | 2 | 8;
    for lane in 0..L {
        let w: [u32; 16] = std::array::from_fn(|i| words[i][lane]);
        let iv = SHA256_H;
        let mut v = [
            iv[0], iv[1], iv[2], iv[3], iv[4], iv[5], iv[6], iv[7], iv[0], iv[1], iv[2], iv[3], 0,
            0, length, FLAGS,
        ];
        macro_rules! step {
            ($i:literal) => {
                blake32!(v, w, BLAKE3_SIGMA[$i]);
            };
        }
        rounds!(step, [0 1 2 3 4 5 6]);
        for at in 0..N {
            out[at][lane] = (v[at] ^ v[at + 8]).swap_bytes();
        }
    }
}
