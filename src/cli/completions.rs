//! `cld completions` and `cld man`, from the same definitions as the command line itself.

use clap::{Args, Command};
use clap_complete::Shell;

use super::print;
use crate::error::{Error, Result};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell.
    shell: Shell,
}

pub fn run(arguments: &Arguments, mut command: Command) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "cld", &mut script);
    print::out(&String::from_utf8_lossy(&script))
}

/// One page with every command, so that it can be read from front to back.
pub fn man(command: Command) -> Result<()> {
    let mut page = Vec::new();
    render(command, &mut page).map_err(Error::io("write", "standard output"))?;
    print::out(&String::from_utf8_lossy(&page))
}

fn render(mut command: Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    command.build();
    clap_mangen::Man::new(command.clone()).render(page)?;
    each_below(&command, page)
}

fn each_below(command: &Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|c| c.get_name() != "help") {
        let man = clap_mangen::Man::new(below.clone());
        page.extend_from_slice(
            format!(
                ".SH \"{}\"\n",
                below.get_bin_name().unwrap_or_default().to_uppercase()
            )
            .as_bytes(),
        );
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
        each_below(below, page)?;
    }
    Ok(())
}
