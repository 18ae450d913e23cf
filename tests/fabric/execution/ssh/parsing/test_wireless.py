"""What an access point says of its air without a dump."""

import pytest

from cortex.fabric.execution.ssh.parsing.text import Unparsed
from cortex.fabric.execution.ssh.parsing.wireless import Radio, band_of, read_iwconfig
from tests.fabric.execution.ssh.reading import sample


def test_radios_have_a_band_and_a_power() -> None:
    assert read_iwconfig(sample("radios-iwconfig")) == (
        Radio(name="ath0", band="2.4", power=20),
        Radio(name="ath1", band="5"),
        Radio(name="ath2", band="6", power=23),
    )


def test_bands_have_the_controllers_short_names() -> None:
    assert [band_of(name) for name in ("ng", "na", "6e", "ad")] == ["2.4", "5", "6", ""]


def test_a_frequency_that_is_no_number_has_no_band() -> None:
    assert read_iwconfig("ath0  x ESSID:a Frequency:2.4.7 GHz\n") == (Radio(name="ath0"),)


def test_radios_that_cannot_be_are_said() -> None:
    with pytest.raises(Unparsed, match="no line names an interface and its ESSID"):
        read_iwconfig("lo  no wireless extensions.\n")
    with pytest.raises(Unparsed, match="line 1: '999' is not in -200 to 200"):
        read_iwconfig("ath0  x ESSID:a Tx-Power:999 dBm\n")
