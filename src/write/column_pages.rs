//! Pages of a Parquet column chunk: laid out, compressed, headed, and described for the footer.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::writer::{SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;
use zstd::zstd_safe::{CParameter, compress_bound};

use super::{WriteError, run_length};

/// Of Zstandard.
pub const LEVEL: i32 = 1;

/// Rows of a page at most; a multiple of eight, so that a page's definition levels begin with a byte.
pub const PAGE_ROWS: usize = 20_000;

/// A page is ended when it holds so many bytes.
const PAGE_BYTES: usize = 1 << 20;

/// A column of a row group as it stands in the file.
pub struct EncodedColumn {
    bytes: Bytes,
    close: ColumnCloseResult,
}

impl EncodedColumn {
    /// Puts it into the file, behind the columns before it.
    ///
    /// # Errors
    /// When it is not the next column of the schema, its rows are not as many as those of the columns before, or the disk is full.
    pub fn append<W: std::io::Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), WriteError> {
        Ok(group.append_column(&self.bytes, self.close)?)
    }

    /// Bytes of the file that it takes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it takes none, having no rows.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Which rows of a column have a value: one bit each, the first row in the lowest bit of the first byte.
#[derive(Default)]
pub struct Presence {
    pub bits: Vec<u8>,
    pub rows: usize,
    /// How many of the rows have one.
    pub values: usize,
}

/// What values are to a compressor.
#[derive(Clone, Copy)]
pub enum Content {
    Usual,
    /// Hexadecimal digits of hashes: half of each byte is noise and nothing repeats but by chance.
    Digits,
}

/// Makes pages; keeps its buffers and its compressors from one column to the next.
pub struct Pages {
    usual: Compressor<'static>,
    digits: Compressor<'static>,
    page: Vec<u8>,
    /// Levels stand before the values, so how many rows a page has must be known first: values wait here.
    values: Vec<u8>,
    compressed: Vec<u8>,
}

/// The pages of one column so far.
struct Chunk {
    sink: TrackedWrite<Vec<u8>>,
    uncompressed: usize,
    dictionary_at: Option<i64>,
    data_at: Option<i64>,
    data_pages: i32,
}

impl Pages {
    pub fn new() -> Result<Self, WriteError> {
        // With the smallest memory of what went before, chance repeats are hardly found and not coded: half the time for a
        // thirtieth more bytes.
        let mut digits = Compressor::new(LEVEL)?;
        digits.set_parameter(CParameter::HashLog(6))?;
        digits.set_parameter(CParameter::MinMatch(7))?;
        Ok(Self {
            usual: Compressor::new(LEVEL)?,
            digits,
            page: Vec::new(),
            values: Vec::new(),
            compressed: Vec::new(),
        })
    }

    /// A column of positions in a dictionary, whose values come as PLAIN lays them out.
    pub fn dictionary(
        &mut self,
        column: &ColumnDescPtr,
        presence: &Presence,
        content: Content,
        plain: &[u8],
        distinct: usize,
        positions: &[u32],
    ) -> Result<EncodedColumn, WriteError> {
        let mut chunk = Chunk::new();
        let page = |buf| Page::DictionaryPage {
            buf,
            num_values: distinct as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        let zstd = match content {
            Content::Usual => &mut self.usual,
            Content::Digits => &mut self.digits,
        };
        chunk.write(zstd, &mut self.compressed, plain, page)?;
        let width = run_length::width_of(distinct);
        let mut from = 0;
        for first in (0..presence.rows).step_by(PAGE_ROWS) {
            let rows = PAGE_ROWS.min(presence.rows - first);
            let bits = &presence.bits[first / 8..(first + rows).div_ceil(8)];
            let values = ones(bits);
            begin(&mut self.page, bits, rows);
            self.page.push(width as u8);
            run_length::push_values(&mut self.page, &positions[from..from + values], width);
            from += values;
            self.end(&mut chunk, Encoding::RLE_DICTIONARY, Content::Usual, rows)?;
        }
        chunk.close(column, presence.rows, Encoding::RLE_DICTIONARY)
    }

    /// A column of values as they are; `push` appends the next one as PLAIN lays it out.
    pub fn plain(
        &mut self,
        column: &ColumnDescPtr,
        presence: &Presence,
        content: Content,
        mut push: impl FnMut(&mut Vec<u8>),
    ) -> Result<EncodedColumn, WriteError> {
        let mut chunk = Chunk::new();
        let mut first = 0;
        while first < presence.rows {
            self.values.clear();
            let most = presence.rows.min(first + PAGE_ROWS);
            let mut end = first;
            while end < most && self.values.len() < PAGE_BYTES {
                for _ in 0..presence.bits[end / 8].count_ones() {
                    push(&mut self.values);
                }
                end = most.min(end + 8);
            }
            let rows = end - first;
            begin(
                &mut self.page,
                &presence.bits[first / 8..end.div_ceil(8)],
                rows,
            );
            self.page.extend_from_slice(&self.values);
            self.end(&mut chunk, Encoding::PLAIN, content, rows)?;
            first = end;
        }
        chunk.close(column, presence.rows, Encoding::PLAIN)
    }

    fn end(
        &mut self,
        chunk: &mut Chunk,
        encoding: Encoding,
        content: Content,
        rows: usize,
    ) -> Result<(), WriteError> {
        let page = |buf| Page::DataPage {
            buf,
            num_values: rows as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        chunk.data_pages += 1;
        let zstd = match content {
            Content::Usual => &mut self.usual,
            Content::Digits => &mut self.digits,
        };
        chunk.write(zstd, &mut self.compressed, &self.page, page)
    }
}

/// Begins a page's text with its definition levels, after their length.
fn begin(page: &mut Vec<u8>, bits: &[u8], rows: usize) {
    page.clear();
    page.extend_from_slice(&[0; 4]);
    run_length::push_levels(page, bits, rows);
    let length = page.len() as u32 - 4;
    page[..4].copy_from_slice(&length.to_le_bytes());
}

fn ones(bits: &[u8]) -> usize {
    bits.iter().map(|byte| byte.count_ones() as usize).sum()
}

impl Chunk {
    fn new() -> Self {
        Self {
            sink: TrackedWrite::new(Vec::new()),
            uncompressed: 0,
            dictionary_at: None,
            data_at: None,
            data_pages: 0,
        }
    }

    fn write(
        &mut self,
        zstd: &mut Compressor<'static>,
        compressed: &mut Vec<u8>,
        text: &[u8],
        page: impl FnOnce(Bytes) -> Page,
    ) -> Result<(), WriteError> {
        compressed.clear();
        compressed.reserve(compress_bound(text.len()));
        zstd.compress_to_buffer(text, compressed)?;
        let page = page(Bytes::copy_from_slice(compressed));
        let spec = SerializedPageWriter::new(&mut self.sink)
            .write_page(CompressedPage::new(page, text.len()))?;
        self.uncompressed += spec.uncompressed_size;
        let at = match spec.page_type {
            PageType::DICTIONARY_PAGE => &mut self.dictionary_at,
            _ => &mut self.data_at,
        };
        at.get_or_insert(spec.offset as i64);
        Ok(())
    }

    fn close(
        self,
        column: &ColumnDescPtr,
        rows: usize,
        encoding: Encoding,
    ) -> Result<EncodedColumn, WriteError> {
        let pages = |page_type, encoding, count| PageEncodingStats {
            page_type,
            encoding,
            count,
        };
        let (mut encodings, mut counts) = (vec![Encoding::RLE, encoding], Vec::new());
        if self.dictionary_at.is_some() {
            encodings.push(Encoding::PLAIN);
            counts.push(pages(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1));
        }
        if self.data_pages > 0 {
            counts.push(pages(PageType::DATA_PAGE, encoding, self.data_pages));
        }
        let bytes = self.sink.into_inner()?;
        let metadata = ColumnChunkMetaData::builder(column.clone())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL)?))
            .set_encodings(encodings)
            .set_page_encoding_stats(counts)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(self.uncompressed as i64)
            .set_num_values(rows as i64)
            .set_data_page_offset(self.data_at.unwrap_or(0))
            .set_dictionary_page_offset(self.dictionary_at)
            .build()?;
        Ok(EncodedColumn {
            close: ColumnCloseResult {
                bytes_written: bytes.len() as u64,
                rows_written: rows as u64,
                metadata,
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            },
            bytes: bytes.into(),
        })
    }
}
