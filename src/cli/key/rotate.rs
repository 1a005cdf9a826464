//! `cld key rotate`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::custodian::{ASK, Locking};
use crate::cli::print;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::pipeline::load_key;
use crate::treat::{MasterKey, Scope};

/// Make the key of the next epoch, and say what to do with it.
///
/// Nothing else changes: the configuration names the present key until you change it, and pseudonyms of both keys do not
/// link without the table that `cld bridge` makes.
#[derive(Debug, Args)]
pub struct Rotate {
    /// The configuration, with the present key.
    #[arg(long, value_name = "FILE", default_value = "config/cld.yaml")]
    config: PathBuf,
    /// The next epoch; the present one and 1, if that is a whole number.
    #[arg(long)]
    epoch: Option<String>,
    /// The file to make. An existing file is never overwritten.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    locking: Locking,
}

impl Rotate {
    pub fn run(&self, schemas: Option<&Path>) -> Result<()> {
        let config = Config::load(&self.config, schemas)?;
        let next = self.next(&config.epoch)?;
        Scope::new(&config.la_code, &config.recipient, &config.purpose, &next)?;
        config.refuse_inside(&self.out)?;
        let present = load_key(&config, ASK)?;
        let lock = self.locking.lock(&self.out)?;
        let key = MasterKey::generate()?;
        let note = format!(
            "epoch {next}; follows key {} of epoch {}",
            present.key_id(),
            config.epoch
        );
        key.write_new(&self.out, lock.as_ref(), &note)?;
        print::out(&self.steps(&config, &present, &key, &next))
    }

    fn next(&self, present: &str) -> Result<String> {
        let number = present.trim().parse::<u32>().ok();
        let next = match (&self.epoch, number.and_then(|n| n.checked_add(1))) {
            (Some(given), _) => given.trim().to_owned(),
            (None, Some(next)) => next.to_string(),
            (None, None) => {
                return Err(Error::Usage(
                    "the present epoch is no whole number: say what the next one is called with --epoch".into(),
                ));
            }
        };
        if next == present.trim() {
            return Err(Error::Usage(
                "the next epoch is called as the present one; give it another name with --epoch"
                    .into(),
            ));
        }
        Ok(next)
    }

    fn steps(&self, config: &Config, present: &MasterKey, key: &MasterKey, next: &str) -> String {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let file = self.as_configured(&self.out);
        let mut line = format!(
            "key: {{file: {}, epoch: {}, id: \"{}\"",
            quoted(&file),
            quoted(next),
            key.key_id()
        );
        if self.locking.needs_identity() {
            let known = config.key_identity.as_deref();
            let known = known.map(|path| self.as_configured(path));
            let identity = known
                .as_deref()
                .unwrap_or("THE IDENTITY FILE THAT OPENS IT");
            line += &format!(", identity: {}", quoted(identity));
        }
        if let Some(custodian) = &config.custodian {
            line += &format!(", custodian: {custodian}");
        }
        line += "}";
        let (out, present, epoch) = (self.out.display(), present.key_id(), &config.epoch);
        format!(
            "key     {out}
key id  {}
epoch   {next}, after epoch {epoch} with key {present}

Next:
1. Make a second copy, or shares (cld key split), and keep them elsewhere.
2. If the recipient is to link returns of both epochs, with the configuration as it is now:
   cld bridge --config {} --new-key {out} --new-epoch {next} --recipient age1... --out bridge.age
3. From the next return on, put this into the configuration in the place of the present `key:`
   {line}
   `previous:` finds no lost services in the first return of an epoch: its pseudonyms are others.
4. Keep key {present} until nobody asks about a return of epoch {epoch} any more. Then destroy every copy of it.
",
            key.key_id(),
            self.config.display()
        )
    }

    /// A path as the configuration writes it: from its own directory.
    fn as_configured(&self, path: &Path) -> String {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let path = absolute(path);
        let base = absolute(&self.config);
        let short = base.parent().and_then(|base| path.strip_prefix(base).ok());
        short.unwrap_or(&path).display().to_string()
    }
}
